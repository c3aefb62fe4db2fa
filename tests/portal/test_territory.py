"""A request of the police is held to its territory by the database, and nothing of it stays on the connection."""

import threading

import pytest
from django.db import OperationalError, connection, connections
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from filing.models import Seal, SealFiling
from filing.services.delivery import deliver_seal
from filing.views import police, police_filing
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.jurisdiction import Jurisdiction
from sealreg.accounts.roles import ROLES, Permission
from sealreg.database import territory
from sealreg.database.territory import confined
from sealreg.portal import middleware
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit
from tests.plugin import cluster
from tests.portal.signing_in import client_of

HOME = "/police/"
ELSEWHERE = 440402


def on_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('sealreg.territory', true), '')")
        return cursor.fetchone()[0]


def filed_in(area):
    place = made.shop(area=area)
    return made.filed(made.clerk_of(place), made.request_for(place, unit=unit(area=area)))


def officer(authority_no=440606):
    return client_of(person("county_officer", place=authority(authority_no).organisation))


@pytest.fixture
def held(monkeypatch):
    """The territories that requests were held to, in order."""
    seen = []

    def noting(low, high):
        seen.append((low, high))
        return confined(low, high)

    monkeypatch.setattr(middleware, "confined", noting)
    return seen


@pytest.fixture
def forgetful(monkeypatch):
    """A fault planted in the web layer: the list of the police forgets to narrow, first wall gone."""
    monkeypatch.setattr(police, "overseen", lambda by, **_: SealFiling.objects.order_by("-id"))
    monkeypatch.setattr(police, "in_view", lambda by, view, *, at: SealFiling.objects.all())
    monkeypatch.setattr(police_filing, "visible_filing", lambda number, *, by: SealFiling.objects.get(number=number))


@pytest.mark.django_db
class TestForgottenFilter:
    def test_without_the_second_wall_it_would_be_a_leak(self, forgetful, monkeypatch):
        foreign = filed_in(ELSEWHERE)
        monkeypatch.setattr(middleware, "_needs_sign_in", lambda rule: False)
        assert foreign.number in officer().get(HOME).content.decode()

    def test_the_list_holds_the_countys_own_and_nothing_else(self, forgetful):
        own, foreign = filed_in(440606), filed_in(ELSEWHERE)
        page = officer().get(HOME)
        assert [row.number for row in page.context["page"].rows] == [own.number]
        assert foreign.number not in page.content.decode()

    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    def test_so_does_the_file_that_is_written_while_it_is_read(self, forgetful, monkeypatch, form):
        own, foreign = filed_in(440606), filed_in(ELSEWHERE)
        rows = []
        columns = police._columns

        def noting(*given):
            made_columns = columns(*given)
            first, read = made_columns[0], made_columns[0].read
            object.__setattr__(first, "read", lambda filing: rows.append(filing.number) or read(filing))
            return made_columns

        monkeypatch.setattr(police, "_columns", noting)
        answer = officer().get(HOME, {"export": form})
        assert len(b"".join(answer)) > 100
        assert rows == [own.number]
        assert foreign.number not in rows
        assert on_connection() == ""

    def test_a_detail_by_its_number_does_not_exist(self, forgetful):
        foreign = filed_in(ELSEWHERE)
        browser = officer()
        with pytest.raises(SealFiling.DoesNotExist):
            browser.get(reverse("police_filing", args=[foreign.number]))
        assert on_connection() == ""


@pytest.mark.django_db
class TestWho:
    @pytest.mark.parametrize("role", sorted(ROLES))
    def test_exactly_those_with_a_territory_are_held_to_it(self, held, role):
        user = person(role)
        client_of(user).get(reverse("inbox"))
        span = {
            AuthorityLevel.COUNTY: [(440606, 440607)],
            AuthorityLevel.CITY: [(440600, 440700)],
            AuthorityLevel.PROVINCE: [(440000, 450000)],
        }
        described = ROLES[role]
        wanted = span[AuthorityLevel.PROVINCE] if described.reads_province else span.get(described.level, [])
        assert held == wanted
        assert (held != []) == described.may(Permission.READ_FILINGS)

    def test_public_pages_are_everybodys(self, held):
        place = made.shop(area=ELSEWHERE)
        clerk = made.clerk_of(place)
        seal = made.filed(clerk, made.request_for(place, unit=unit(area=ELSEWHERE))).seals.get()
        deliver_seal(seal, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=made.TUESDAY_TEN)
        browser = officer()
        found = browser.post(reverse("check_seal"), {"code": seal.code, "holder": seal.unit.name})
        assert "查到有效备案" in found.content.decode()
        assert held == []

    def test_a_filing_for_a_shop_elsewhere_names_the_shop(self):
        place = made.shop(area=ELSEWHERE)
        filing = made.filed(made.clerk_of(place), made.request_for(place, unit=unit(area=440606)))
        page = officer().get(reverse("police_filing", args=[filing.number])).content.decode()
        assert place.organisation.name in page


class TestNothingStays:
    """Committed for real, on a connection that goes on: after each kind of ending it is as if nobody had asked."""

    @pytest.fixture
    def world(self, own_database):
        filed_in(440606)
        filed_in(ELSEWHERE)
        browser = officer()
        browser.raise_request_exception = False
        return browser

    def free(self):
        assert on_connection() == ""
        assert territory._wanted.value == ""
        return SealFiling.objects.count() == 2

    def view(self, monkeypatch, answer):
        """In the midst of the police's list, outside its transactions, `answer` happens."""
        monkeypatch.setattr(police, "place_facts", lambda user: answer())

    def test_a_page(self, world):
        assert world.get(HOME).status_code == 200
        assert self.free()

    def test_a_redirect(self, world):
        mine = SealFiling.objects.get(authority_no=440606)
        address = reverse("police_return", args=[mine.number])
        answer = world.post(address, {"reason": "WRONG_DATA", "remark": "经办人姓名有误"})
        assert isinstance(answer, HttpResponseRedirect)
        assert self.free()

    def test_a_page_that_is_not_there(self, world):
        other = SealFiling.objects.get(authority_no=ELSEWHERE)
        assert world.get(reverse("police_filing", args=[other.number])).status_code == 404
        assert self.free()

    def test_a_view_that_raised(self, world, monkeypatch):
        seen = []

        def raising():
            seen.append(on_connection())
            raise RuntimeError("planted")

        self.view(monkeypatch, raising)
        assert world.get(HOME).status_code == 500
        assert seen == ["440606-440607"]
        assert self.free()

    def test_a_statement_that_failed(self, world, monkeypatch):
        def failing():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")

        self.view(monkeypatch, failing)
        assert world.get(HOME).status_code == 500
        assert self.free()

    def test_an_interrupt(self, world, monkeypatch):
        def ending():
            raise SystemExit

        self.view(monkeypatch, ending)
        with pytest.raises(SystemExit):
            world.get(HOME)
        assert self.free()

    def test_a_transaction_left_open_by_a_fault(self, world, monkeypatch):
        def leaving():
            connection.connection.execute("BEGIN")
            connection.connection.execute("SELECT set_config('sealreg.actor', 'x', true)")
            with pytest.raises(Exception, match="division"):
                connection.connection.execute("SELECT 1/0")
            raise RuntimeError("planted")

        self.view(monkeypatch, leaving)
        pid = connection.connection.info.backend_pid
        assert world.get(HOME).status_code == 500
        # It could not be told to forget, so it was not kept.
        assert self.free()
        assert connection.connection.info.backend_pid != pid

    def test_a_connection_that_broke(self, world, monkeypatch, own_database):
        def breaking():
            with cluster().connect(own_database) as server:
                server.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            return SealFiling.objects.count()

        self.view(monkeypatch, breaking)
        assert world.get(HOME).status_code == 503
        connection.close_if_unusable_or_obsolete()  # as the end of a request does; the test client leaves it out
        assert self.free()

    def test_a_connection_taken_up_anew_in_the_middle(self, world, monkeypatch):
        seen = []

        def reopening():
            connection.close()
            seen.append(SealFiling.objects.count())
            raise RuntimeError("planted")

        self.view(monkeypatch, reopening)
        world.get(HOME)
        assert seen == [1]
        assert self.free()

    def test_a_file_read_to_its_end_and_one_left_half_read(self, world):
        answer = world.get(HOME, {"export": "csv"})
        assert answer.status_code == 200
        assert self.free()
        assert len(b"".join(answer).splitlines()) == 2
        assert self.free()
        answer = world.get(HOME, {"export": "csv"})
        lines = iter(answer)
        next(lines)
        next(lines)
        assert territory._wanted.value == "440606-440607"
        answer.close()
        assert self.free()

    def test_an_answer_nobody_finished(self, world, monkeypatch):
        left = middleware._within(Jurisdiction(ELSEWHERE, ELSEWHERE + 1), iter([b"one", b"two"]))
        next(left)
        assert on_connection() == f"{ELSEWHERE}-{ELSEWHERE + 1}"
        # Whoever asks next on this thread begins clean all the same, and is not set free when the other is collected.
        seen = []

        def collecting():
            left.close()
            seen.append((on_connection(), SealFiling.objects.get().authority_no))

        self.view(monkeypatch, collecting)
        world.get(HOME)
        assert seen == [("440606-440607", 440606)]
        assert self.free()

    def test_other_threads_are_not_held(self, world):
        counts = []

        def other():
            counts.append(SealFiling.objects.count())
            connection.close()

        with confined(440606, 440607):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join(30)
            counts.append(SealFiling.objects.count())
        assert counts == [2, 1]

    def test_one_within_the_other(self, world):
        with confined(440600, 440700):
            with confined(ELSEWHERE, ELSEWHERE + 1):
                assert Seal.objects.values_list("authority_no", flat=True).get() == ELSEWHERE
            assert Seal.objects.values_list("authority_no", flat=True).get() == 440606
        assert self.free()


@pytest.fixture
def pooled(own_database):
    """One pooled connection for everybody, as in production."""
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = options | {"pool": {"min_size": 1, "max_size": 1, "timeout": 5}}
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict["OPTIONS"] = options


class TestPool:
    def test_what_comes_back_marked_is_cleaned_before_anybody_has_it(self, pooled):
        filed_in(440606)
        filed_in(ELSEWHERE)
        with confined(440606, 440607):
            assert SealFiling.objects.count() == 1
            pid = connection.connection.info.backend_pid
            connection.close()  # back into the pool, setting and all
            found = []

            def other():
                mine = connections["default"]
                found.append((SealFiling.objects.count(), on_connection(), mine.connection.info.backend_pid))
                mine.close()

            thread = threading.Thread(target=other)
            thread.start()
            thread.join(30)
            assert found == [(2, "", pid)]
            assert SealFiling.objects.count() == 1
        assert on_connection() == ""

    def test_one_that_cannot_be_cleaned_is_thrown_away(self, pooled, monkeypatch):
        filed_in(440606)
        pid = connection.connection.info.backend_pid
        with confined(440606, 440607):
            raw = connection.connection
            monkeypatch.setattr(raw, "execute", fail)
        assert raw.closed
        assert on_connection() == ""
        assert connection.connection.info.backend_pid != pid


def fail(*_):
    raise OperationalError("planted")


def test_the_gate_before_it_refuses_first(client, db, held):
    assert isinstance(client.get(HOME), HttpResponseRedirect)
    assert isinstance(client_of(person("shop_clerk")).get(HOME), HttpResponse)
    assert held == []
