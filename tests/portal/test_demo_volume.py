"""Two years of the demonstration (两年演示数据): believable, whole, agreed with the mocks, and never doubled."""

import datetime as dt
import hashlib
import itertools
import json
from collections import Counter
from dataclasses import asdict

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import Count, F, Q
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chips.demo import card_store
from chips.keys.keystore import current_keystore
from chips.models import Chip
from filing.codes import take_codes
from filing.day_figures import DayFigure, public_figures
from filing.demo.plan import Plan
from filing.demo.rhythm import Rhythm
from filing.models import CodeCounter, Disavowal, FilingReturn, Rating, Seal, SealFiling, SealLoss
from filing.states import FILING, SEAL_MAKING, SEAL_USE
from integration.business_registration.client import read_change
from integration.business_registration.messages import ChangePage
from integration.business_registration.mock_registry.app import open_cursor
from integration.business_registration.mock_registry.register import Register
from integration.business_registration.models import RegistryRecord
from integration.business_registration.sync import pull
from integration.business_registration.taking import unit_data
from integration.ministry.client import DayCount
from integration.ministry.mock_platform.archive import Archive
from integration.ministry.mock_platform.rules import SEAL_JSON, check
from integration.ministry.models import Acknowledgement, PushRecord
from integration.ministry.reconciliation import reconcile
from sealreg.accounts.models import User
from sealreg.attachments.models import Attachment, StoredFile
from sealreg.audit.models import AuditEvent
from sealreg.clock import SHANGHAI, fixed_at, shanghai
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from sealreg.regions.selectors import cities, runs_own_node
from sealreg.units.identifiers import read_credit_code, read_identity_number
from sealreg.units.models import Unit, UnitVersion
from sealreg.workdays.calendar import Calendar
from sealreg.workdays.selectors import load_calendar
from tests.conftest import _point_all_at
from tests.plugin import cloned_database
from tests.portal.signing_in import client_of

NOW = dt.datetime(2026, 6, 10, 11, 0, tzinfo=SHANGHAI)
SEED, SEALS = 7, 1_600
COUNTED = (
    Unit, UnitVersion, SealFiling, Seal, SealLoss, FilingReturn, Disavowal, Rating, Chip, Attachment, StoredFile,
    PushRecord, Acknowledgement, RegistryRecord, AuditEvent, User, DayFigure,
)  # fmt: skip


def load(**options):
    with fixed_at(NOW):
        call_command("load_demo", **{"seed": SEED, "seals": SEALS, "verbosity": 0} | options)


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """A database of this module's own, with the data in it; tests read, or roll back."""
    home = tmp_path_factory.mktemp("demo")
    places = override_settings(
        KEYSTORE_PATH=home / "keystore" / "province.json", KEYSTORE_PASSPHRASE="local",
        SIMULATED_INSTITUTE_FILE=home / "institute" / "masters.json", SIMULATED_CARD_DIR=home / "cards",
        SIMULATED_CARD_KEY=b"k" * 32, MOCK_REGISTRY_DIR=home / "registry", MOCK_MINISTRY_DIR=home / "ministry",
        PASSWORD_MAX_AGE_DAYS=0, MEDIA_ROOT=home / "media",
    )  # fmt: skip
    with django_db_blocker.unblock(), cloned_database("sealreg_demo") as name, places:
        before = _point_all_at(name)
        try:
            load()
            yield home
        finally:
            for each in connections.all(initialized_only=True):
                each.close()
                each.settings_dict["NAME"] = before[each.alias]
                connections.settings[each.alias]["NAME"] = before[each.alias]


def statuses(model, field="status"):
    return Counter(model.objects.values_list(field, flat=True))


def test_every_status_and_the_asked_for_size(loaded):
    assert abs(Seal.objects.count() - SEALS - 26) < SEALS * 0.03
    assert Unit.objects.count() == SEALS * 3 // 8 + 19
    assert set(statuses(SealFiling)) == {status.name for status in FILING.statuses}
    assert set(statuses(Seal)) == {status.name for status in SEAL_MAKING.statuses}
    assert set(statuses(Seal, "use_status")) == {status.name for status in SEAL_USE.statuses}
    assert {"INJECTED", "SHOP_RECEIVED", "ACTIVE", "SUSPENDED", "LOST", "DESTROYED"} <= set(statuses(Chip))
    returns = FilingReturn.objects.aggregate(
        open=Count("pk", filter=Q(answered_at=None)),
        answered=Count("pk", filter=Q(closed_at=None) & ~Q(answered_at=None)),
        closed=Count("pk", filter=~Q(closed_at=None)),
    )  # fmt: skip
    assert min(returns.values()) > 0, returns
    assert {lifted is None for lifted in Disavowal.objects.values_list("lifted_at", flat=True)} == {True, False}
    assert set(Rating.objects.values_list("grade", flat=True)) == {1, 2, 3, 4, 5}
    assert SealLoss.objects.count() == statuses(Seal, "use_status")["LOST"]
    assert set(statuses(Unit, "registry_state")) == {"IN_BUSINESS", "CANCELLED", "REVOKED", "UNKNOWN"}
    assert SealFiling.objects.filter(status="SUBMITTED", due_at__lt=NOW).exists()
    old = Seal.objects.filter(chip=None, status="DELIVERED")
    assert old.exists()
    assert not old.filter(engraved_on__gte=dt.date(2018, 10, 1)).exists()
    told = SealFiling.objects.exclude(source_key=None).values_list("number", flat=True)
    owed = OutboxMessage.objects.filter(topic="filing.filing_submitted").values_list("record_id", flat=True)
    assert set(owed) <= set(told), "only what the cast filed itself is still owed to others"


def test_alive_and_believable(loaded):
    moments = [
        shanghai(at) for at in SealFiling.objects.exclude(submitted_at=None).values_list("submitted_at", flat=True)
    ]
    assert max(moments) <= NOW
    lately = [at for at in moments if at > NOW - dt.timedelta(days=731)]
    assert len(lately) > 0.95 * len(moments)
    calendar = load_calendar()
    assert sum(calendar.is_working_day(at.date()) for at in lately) > 0.9 * len(lately)
    assert sum(9 <= at.hour < 18 for at in lately) > 0.9 * len(lately)
    new = SealFiling.objects.filter(status="FILED", is_new_enterprise=True, source_key=None)
    late = new.filter(filed_at__gt=F("due_at")).count()
    assert 0 < late < 0.12 * new.count()
    found = set(Seal.objects.values_list("city", flat=True))
    assert found == {city.code // 100 for city in cities() if not runs_own_node(city.code)}
    names = Unit.objects.values_list("name", flat=True)
    assert len(set(names)) > 0.97 * len(names)
    for seal in Seal.objects.filter(status="DELIVERED").select_related("filing"):
        assert seal.filing.submitted_at < seal.engraved_at < seal.filed_at < seal.delivered_at
        assert seal.use_ended_at is None or seal.delivered_at < seal.use_ended_at <= NOW
    # Newest keys are newest filings, whoever made them: the lists stand in this order.
    ordered = list(SealFiling.objects.exclude(submitted_at=None).order_by("pk").values_list("created_at", flat=True))
    assert all(after > before - dt.timedelta(days=1) for before, after in itertools.pairwise(ordered))


def test_numbers_are_well_formed_and_nobodys(loaded):
    for unit in Unit.objects.all():
        assert read_credit_code(unit.credit_code)[2:6] == "4499"
        assert read_identity_number(unit.legal_document_no, today=NOW.date())[:4] == "4499"
        assert unit.legal_phone.startswith("154")
        assert "演示" in unit.name
    filing = SealFiling.objects.exclude(handler_id=None).filter(handler_is_representative=True, source_key=None).first()
    assert (filing.handler_id, filing.handler_name) == (filing.unit.legal_document_no, filing.unit.legal_representative)
    for unit in Unit.objects.annotate(kept=Count("versions")):
        assert unit.kept == unit.version


def test_codes_go_on_where_the_data_end(loaded):
    for counter in CodeCounter.objects.all():
        codes = Seal.objects.filter(code__startswith=counter.prefix).order_by("code").values_list("code", flat=True)
        assert [int(code[6:]) for code in codes] == list(range(1, counter.last + 1))
    with transaction(SystemActor("test")):
        code = take_codes("440606", 1)[0]
        assert not Seal.objects.filter(code=code).exists()
        connection.set_rollback(True)


def test_chips_carry_keys_of_the_province(loaded):
    for chip in Chip.objects.order_by("pk")[::97]:
        expected = current_keystore().chip_check_value(
            suite=chip.suite, version=chip.key_version, batch_no=chip.batch_no, uid=chip.uid
        )
        assert chip.key_check == expected
    shop = User.objects.get(username="dianyuan").organisation.pk
    bound = Chip.objects.filter(shop=shop).exclude(bound_at=None)
    assert bound.count() > 10
    for chip in bound:
        assert card_store().insert(chip.uid) is not None, "a reader at the cast's bank finds a card"


def test_the_ministry_counts_the_same_and_would_have_taken_each(loaded):
    archive = Archive(loaded / "ministry")

    class Mock:
        def reconciliation(self, first, last):
            rows = archive.reconciliation(f"{first:%Y%m%d}", f"{last:%Y%m%d}")
            return {(row["day"], row["city"]): DayCount(**row) for row in rows}

    told_later = set(SealFiling.objects.exclude(source_key=None).values_list("number", flat=True))
    lines = reconcile(Mock(), NOW.date() - dt.timedelta(days=740), NOW.date())
    assert sum(line.acknowledged for line in lines) > 0.9 * SEALS
    assert [line for line in lines if not line.agrees] == []
    waiting = Seal.objects.filter(filing__number__in=told_later).exclude(filed_at=None).count()
    assert sum(line.waiting for line in lines) == waiting, "the cast's own filings leave through the outbox"
    for push in PushRecord.objects.all():
        fields = json.loads(push.content)
        fields = {name: value for name, value in fields.items() if name not in ("bbh", "sjbbh", "jlbb")}
        assert check(fields, SEAL_JSON) is None
        assert hashlib.sha256(push.content.encode()).hexdigest() == push.sha256
        assert archive.receipt(push.key)["receipt"] == push.acknowledgements.get().receipt


class MockFeed:
    """The mock's changes as our client reads them, without a line between."""

    def __init__(self, register):
        self.register = register

    def changes(self, after=0):
        rows = self.register.changes(after, 100_000)
        return [read_change(msgspec.Raw(msgspec.json.encode(row))) for row in rows]

    def walk_changes(self, cursor="", *, limit=100):
        yield ChangePage(self.changes(open_cursor(cursor)), cursor, False)


def test_a_sync_brings_nothing_new_or_other(loaded):
    feed = MockFeed(Register(loaded / "registry"))
    run = pull(feed, by=SystemActor("sync"), now=lambda: NOW)
    assert (run.failure, run.pages, sum(run.counts.values())) == ("", 1, 0)
    published = {change.uscc: change for change in feed.changes()}
    known = dict(RegistryRecord.objects.values_list("credit_code", "version"))
    assert len(known) > 0.9 * Unit.objects.count()
    for unit in Unit.objects.filter(credit_code__in=known):
        change = published[unit.credit_code]
        assert change.version == known[unit.credit_code] == unit.registry_version
        told = asdict(unit_data(change.enterprise))
        said = {field: getattr(unit, field) for field, value in told.items() if value is not None}
        assert {field: str(value) for field, value in told.items() if value is not None} == {
            field: str(value) for field, value in said.items()
        }
    unknown = Unit.objects.filter(confirmed_at=None)
    assert unknown.exists()
    assert not set(unknown.values_list("credit_code", flat=True)) & set(published)


def test_a_second_load_adds_nothing_and_another_seed_is_refused(loaded):
    before = {model: model.objects.count() for model in COUNTED}
    load()
    assert {model: model.objects.count() for model in COUNTED} == before
    with pytest.raises(CommandError, match="make clean"):
        load(seals=SEALS * 2)
    with pytest.raises(CommandError, match="make clean"):
        load(seed=SEED + 1)


def test_the_public_figures_of_two_years_are_there(loaded):
    days = DayFigure.objects.order_by("day")
    assert (days.first().day, days.last().day, days.count()) == (dt.date(2024, 6, 10), NOW.date(), 731)
    begins = dt.datetime(2024, 6, 10, tzinfo=SHANGHAI)
    assert sum(one.seals_filed for one in days) == Seal.objects.filter(filed_at__range=(begins, NOW)).count()
    shown = public_figures(at=NOW)
    assert shown.submitted > 0
    assert 0 < shown.in_time_permille < 1000


def test_the_clerk_begins_with_few_notices(loaded):
    clerk = User.objects.get(username="dianyuan")
    unread = Notice.objects.filter(user=clerk, read_at=None)
    assert 2 <= unread.count() <= 4
    assert not unread.filter(template__startswith="chips.").exists()


def test_pages_ask_as_often_for_much_as_for_little(loaded):
    def asked(name, url):
        visitor = client_of(User.objects.get(username=name))
        visitor.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(url).status_code == 200
        return len(queries)

    for url in (reverse("police_home"), reverse("police_units")):
        counts = {asked(name, url) for name in ("nanhai", "shunde", "dongguan")}
        assert len(counts) == 1, (url, counts)
    assert asked("lindian", reverse("shop_home")) == asked("dian", reverse("shop_home"))


def plans(seed, day):
    calendar = Calendar(frozenset(), frozenset(), frozenset(range(2010, 2030)), 1)
    plan = Plan(Rhythm(calendar, day, seed=seed), seed=seed, seals=800)
    lives = "".join(repr(plan.life(index, born)) for index, born in plan.births())
    return hashlib.sha256(lives.encode()).hexdigest()


def test_the_same_seed_and_day_give_the_same():
    day = dt.date(2026, 6, 10)
    assert plans(1, day) == plans(1, day)
    assert len({plans(1, day), plans(2, day), plans(1, day + dt.timedelta(days=1))}) == 3


def test_any_day_of_the_week_will_do():
    for offset in range(7):
        plans(3, dt.date(2026, 2, 14) + dt.timedelta(days=offset))


def test_no_chips_no_volume(settings, db):
    settings.KEYSTORE_PATH = None
    load(seals=100)
    assert not SealFiling.objects.exists()
