"""Following the registry's feed (登记数据同步)."""

from __future__ import annotations

import datetime as dt
import threading

import msgspec
import pytest
from django.core.management import call_command
from django.db import connection

from integration.agency_http import Declined, Unreachable
from integration.business_registration.messages import ChangePage
from integration.business_registration.mock_registry import seed
from integration.business_registration.models import FeedPosition, QuarantinedRecord, RegistryRecord
from integration.business_registration.sync import feed_health, pull
from integration.business_registration.taking import Outcome, retry_quarantined, take_page, unit_data
from sealreg.units.models import RegistryState, Unit, UnitKind
from tests.contracts.mocks import REGISTRY, running
from tests.factories.accounts import authority
from tests.integration.business_registration import feeds
from tests.integration.business_registration.feeds import ACTOR, AREA, NOW, ScriptedRegistry, change, code, enterprise

db = pytest.mark.django_db


@pytest.fixture
def county(db):
    return authority(AREA)


def run(registry: ScriptedRegistry, at: dt.datetime = NOW):
    return pull(registry, by=ACTOR, now=lambda: at)


def units() -> dict[str, str]:
    return dict(Unit.objects.values_list("credit_code", "name"))


def test_a_feed_becomes_units_on_file(county):
    done = run(ScriptedRegistry([[change(1), change(2)], [change(1, 2)], []]))
    assert (done.pages, done.counts[Outcome.TAKEN], done.failure) == (3, 3, "")
    unit = Unit.objects.get(credit_code=code(1))
    assert (unit.name, unit.registry_version, unit.confirmed_at) == (enterprise(1, 2)["name"], 2, NOW)
    assert (unit.kind, unit.registry_state, unit.authority_no) == (
        UnitKind.ENTERPRISE,
        RegistryState.IN_BUSINESS,
        AREA,
    )
    assert unit.legal_document_no == enterprise(1)["legal_representative"]["id_number"]
    health = feed_health()
    assert (health.caught_up_at, health.advanced_at, health.failure, health.quarantined) == (NOW, NOW, "", 0)


def test_only_newer_versions_count(county):
    registry = ScriptedRegistry([[change(1, 3), change(1, 2), change(1, 3), change(1, 1)]])
    done = run(registry)
    assert (done.counts[Outcome.TAKEN], done.counts[Outcome.KNOWN]) == (1, 3)
    assert units() == {code(1): enterprise(1, 3)["name"]}
    assert Unit.objects.get().version == 1


def test_the_next_run_begins_where_the_last_one_ended(county):
    registry = ScriptedRegistry([[change(1)]])
    run(registry)
    registry.pages.append([change(2)])
    registry.calls = 0
    done = run(registry)
    assert (done.counts[Outcome.TAKEN], registry.calls) == (1, 1)


def test_a_run_of_limited_time_stops_between_pages_and_the_next_goes_on(county):
    registry = ScriptedRegistry([[change(1)], [change(2)], [change(3)]])
    done = pull(registry, by=ACTOR, now=lambda: NOW, seconds=0)
    assert (done.pages, done.failure, set(units())) == (1, "", {code(1)})
    assert feed_health().caught_up_at is None
    run(registry)
    assert set(units()) == {code(1), code(2), code(3)}


@pytest.mark.parametrize("trouble", feeds.TROUBLES, ids=lambda trouble: str(trouble)[:30] or "empty")
def test_trouble_ends_the_run_and_loses_nothing(county, trouble):
    registry = ScriptedRegistry([[change(1)], [change(2)], [change(3)]], {1: [trouble]})
    later = NOW + dt.timedelta(minutes=1)
    done = run(registry)
    assert done.failure
    assert done.pages == 1
    assert set(units()) == {code(1)}
    health = feed_health()
    assert (health.failing_since, health.failure, health.caught_up_at) == (NOW, done.failure, None)
    assert run(registry, later).failure == ""
    assert set(units()) == {code(1), code(2), code(3)}
    health = feed_health()
    assert (health.failing_since, health.failure, health.caught_up_at) == (None, "", later)


def test_failing_since_is_the_first_failure(county):
    registry = ScriptedRegistry([[]], {0: [Unreachable("timeout"), Unreachable("connection")]})
    run(registry)
    run(registry, NOW + dt.timedelta(hours=1))
    assert (feed_health().failing_since, feed_health().failure) == (NOW, "connection")


def test_a_cursor_loop_is_seen_and_ended(county):
    registry = ScriptedRegistry([[change(1)], [change(2)], [change(3)]], {2: [feeds.loop_to(1)]})
    done = run(registry)
    assert done.failure == "cursor_loop"
    assert registry.calls == 3
    assert run(registry).failure == ""
    assert set(units()) == {code(1), code(2), code(3)}


def test_a_page_that_leads_to_itself_is_a_loop(county):
    registry = ScriptedRegistry([[change(1)], [change(2)]], {1: [feeds.loop_to(1)]})
    assert run(registry).failure == "cursor_loop"
    assert registry.calls == 2


def test_a_cursor_the_registry_no_longer_knows_begins_the_feed_again(county):
    registry = ScriptedRegistry([[change(1)], [change(2)]])
    run(registry)
    registry.troubles = {2: [Declined(400, "901", "游标无效")]}
    assert run(registry).failure == "cursor_refused"
    done = run(registry)
    assert (done.failure, done.counts[Outcome.KNOWN], done.counts[Outcome.TAKEN]) == ("", 2, 0)


BROKEN = [
    pytest.param(b"5", "", id="a number"),
    pytest.param(b"{}", "", id="nothing in it"),
    pytest.param(change(7).replace("科技".encode(), "科技".encode("gbk")), "", id="wrong charset"),
    pytest.param(change(7).replace(b'"version":1', b'"version":"1"'), code(7), id="wrong type"),
    pytest.param(change(7).replace(b'"version":1', b'"version":0'), code(7), id="version zero"),
    pytest.param(change(7, record=enterprise(7, 2)), code(7), id="parts disagree"),
    pytest.param(change(7, record=enterprise(8)), code(7), id="another company inside"),
    pytest.param(change(7, op="delete").replace(b"delete", b"upsert"), code(7), id="upsert without record"),
    pytest.param(change(7).replace(b"upsert", b"merge!"), code(7), id="unknown operation"),
    pytest.param(change(7, record=enterprise(7, name="")), code(7), id="no name"),
    pytest.param(change(7, record=enterprise(7, name="长" * 121)), code(7), id="name too long to be one"),
    pytest.param(change(7, record=enterprise(7, name="长" * 101)), code(7), id="name too long for the register"),
    pytest.param(change(7, record=enterprise(7, name="一\u0000二")), "", id="NUL"),
    pytest.param(change(7).replace(b'"E7-1"', b'"\\ud800"'), "", id="lone surrogate"),
    pytest.param(change(7)[:-1] + b',"more":' + b"[" * 5000 + b"]" * 5000 + b"}", "", id="deep"),
    pytest.param(change(7, record=enterprise(7, unit_type="77")), code(7), id="unknown kind"),
    pytest.param(change(7, record=enterprise(7, area="440699")), code(7), id="unknown county"),
    pytest.param(change(7, record=enterprise(7, area="440608")), code(7), id="county without authority"),
    pytest.param(change(7, record=enterprise(7, established_on="2026-02-30")), code(7), id="no such day"),
    pytest.param(change(7, record=enterprise(7, established_on="2036-01-01")), code(7), id="founded in future"),
    pytest.param(change(7).replace(code(7).encode(), code(7)[:17].encode() + b"_"), "", id="check digit"),
]


@pytest.mark.parametrize(("record", "glimpsed"), BROKEN)
def test_a_broken_record_is_quarantined_and_its_neighbours_pass(county, record, glimpsed):
    done = run(ScriptedRegistry([[change(1), record, change(2)]]))
    assert done.failure == ""
    assert (done.counts[Outcome.TAKEN], done.counts[Outcome.QUARANTINED]) == (2, 1)
    assert set(units()) == {code(1), code(2)}
    assert not RegistryRecord.objects.filter(credit_code=code(7)).exists()
    held = QuarantinedRecord.objects.get()
    assert held.reason
    assert (held.feed, held.cursor, held.times) == ("changes", "", 1)
    if glimpsed:
        assert held.credit_code == glimpsed
        assert held.event_id == "E7-1"


def test_personal_data_stands_encrypted_in_the_quarantine_and_not_in_its_reason(county):
    number = enterprise(7)["legal_representative"]["id_number"]
    wrong = number[:16] + str((int(number[16]) + 1) % 10) + number[17]
    person = {**enterprise(7)["legal_representative"], "id_number": wrong}
    run(ScriptedRegistry([[change(7, record=enterprise(7, legal_representative=person))]]))
    held = QuarantinedRecord.objects.get()
    assert held.reason == "unit_wrong: legal_document_no"
    assert wrong in held.content
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM business_registration_quarantinedrecord")
        assert wrong.encode() not in bytes(cursor.fetchone()[0])


def test_the_same_broken_record_is_held_once_and_settled_by_a_good_one(county):
    broken = change(7, record=enterprise(7, name=""))
    registry = ScriptedRegistry([[broken], [broken, change(8, record=enterprise(8, name=""))]])
    run(registry)
    assert sorted(QuarantinedRecord.objects.values_list("credit_code", "times")) == sorted([(code(7), 2), (code(8), 1)])
    registry.pages.append([change(7, 2)])
    run(registry)
    assert feed_health().quarantined == 1
    assert QuarantinedRecord.objects.get(settled_at__isnull=True).credit_code == code(8)


def test_quarantined_records_can_be_read_again_once_the_cause_is_gone(county):
    run(ScriptedRegistry([[change(1, record=enterprise(1, area="440608")), change(2, record=enterprise(2, name=""))]]))
    assert units() == {}
    authority(440608)
    counts = retry_quarantined(by=ACTOR, at=NOW)
    assert (counts[Outcome.TAKEN], counts[Outcome.QUARANTINED]) == (1, 1)
    assert set(units()) == {code(1)}
    assert feed_health().quarantined == 1


def test_deletion_keeps_the_unit_and_forgets_what_the_registry_said(county):
    run(
        ScriptedRegistry(
            [[change(1), change(1, 3, op="delete"), change(1, 2), change(2, 5, op="delete"), change(2, 4)]]
        )
    )
    unit = Unit.objects.get()
    assert (unit.credit_code, unit.registry_state, unit.registry_version) == (code(1), RegistryState.UNKNOWN, 3)
    assert unit.name == enterprise(1, 1)["name"]
    assert dict(RegistryRecord.objects.values_list("credit_code", "deleted")) == {code(1): True, code(2): True}


@pytest.mark.parametrize("state", ["CANCELLED", "REVOKED"])
def test_cancelled_and_revoked_are_told_apart(county, state):
    run(ScriptedRegistry([[change(1, record=enterprise(1, registry_state=state))]]))
    assert Unit.objects.get().registry_state == RegistryState(state)


def test_every_kind_of_the_registry_has_a_kind_of_ours(county):
    kinds = {}
    for number, theirs in enumerate(("1", "2", "3", "4", "5", "6", "7", "8", "9", "99")):
        record = msgspec.convert(enterprise(number, unit_type=theirs), feeds.Enterprise, strict=False)
        kinds[theirs] = unit_data(record).kind
    assert kinds == {
        "1": "01", "2": "03", "3": "99", "4": "04", "5": "05", "6": "99", "7": "02", "8": "99", "9": "99", "99": "99",
    }  # fmt: skip


def test_unknown_fields_are_ignored(county):
    record = enterprise(1, new_field={"a": [1]}, another="x")
    done = run(ScriptedRegistry([[change(1, record=record)[:-1] + b',"also":null}']]))
    assert done.counts[Outcome.TAKEN] == 1


def test_a_page_of_a_position_already_left_is_not_kept(county):
    run(ScriptedRegistry([[change(1)], []]))
    assert take_page(ChangePage([], "c9", False), after="", by=ACTOR, at=NOW) is None
    assert FeedPosition.objects.get().cursor == "c2"


def test_cursor_and_records_stand_or_fall_together(county, monkeypatch):
    registry = ScriptedRegistry([[], [change(1), change(2)]])
    run(ScriptedRegistry([[]]))

    def breaks(*args, **kwargs):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(FeedPosition, "save", breaks)
        with pytest.raises(RuntimeError):
            run(registry)
    assert units() == {}
    assert FeedPosition.objects.get().cursor == "c1"
    assert run(registry).counts[Outcome.TAKEN] == 2


def test_many_runs_at_once_take_each_record_once(own_database):
    authority(AREA)
    pages = [[change(page * 5 + place) for place in range(5)] for page in range(4)]
    start, results, failures = threading.Barrier(4), [], []

    def work() -> None:
        try:
            start.wait()
            for _ in range(4):
                results.append(run(ScriptedRegistry(pages)).counts[Outcome.TAKEN])
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sum(results) == 20
    assert Unit.objects.count() == 20
    assert set(Unit.objects.values_list("version", flat=True)) == {1}


@db
def test_the_command_follows_the_real_mock(tmp_path, settings, capsys):
    with running(REGISTRY, tmp_path / "registry") as mock:
        settings.REGISTRY_URL = mock.url
        first = mock.get("/v1/changes?limit=400")
        FeedPosition.objects.create(feed="changes", cursor=first["next_cursor"])
        for number in range(400, 420):
            authority(int(seed.invent(number).area))
        call_command("sync_registry", "--once")
        assert "20 taken, 0 known, 0 quarantined" in capsys.readouterr().out
        assert Unit.objects.count() == 20
        authority(440606)
        fresh = mock.post("/_control/enterprises", {"area": "440606"})["enterprise"]
        mock.faults("reorder")
        call_command("sync_registry", "--once")
        assert Unit.objects.get(credit_code=fresh["uscc"]).name == fresh["name"]
        assert feed_health().quarantined == 0
        mock.faults("down")
        with pytest.raises(SystemExit):
            call_command("sync_registry", "--once")
        assert "unavailable" in capsys.readouterr().err
        assert feed_health().failure == "unavailable"
