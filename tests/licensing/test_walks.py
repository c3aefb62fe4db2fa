"""Any walk by the verbs, and any jump by SQL as the application's role (随机办理): no illegal state is reached."""

import contextlib
import copy
import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from licensing.choices import ChangeItem
from licensing.models import (
    Correction,
    LicenceApplication,
    LicenceChange,
    LicenceSpell,
    RegistryNotice,
    RevocationProposal,
    ShopFiling,
    SpecialTradeLicence,
)
from licensing.services import changes
from licensing.states import APPLICATION, CHANGE, LICENCE, REVOCATION, SHOP_FILING
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import Organisation, User
from sealreg.audit.selectors import search_events
from sealreg.errors import DomainError
from tests.factories import licensing as made
from tests.factories.accounts import authority
from tests.licensing.test_matrix import ACTS, CHIEF, OFFICER, OWNER, WHO

AT = made.TUESDAY_TEN
ROLES_OF_THE_CAST = ("shop_manager", "county_officer", "county_chief")
ON = {"44": dt.date(2026, 1, 1)}
TABLES = {
    LicenceApplication: APPLICATION,
    SpecialTradeLicence: LICENCE,
    RevocationProposal: REVOCATION,
    LicenceChange: CHANGE,
    ShopFiling: SHOP_FILING,
}
PROFILE = how(
    max_examples=6, stateful_step_count=12, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip


def by_sql(record, status, **changed):
    """Whether the database lets the application's role write this status. What it lets pass is undone."""
    columns = {"status": status, "version": record.version + 1} | changed
    table = record._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in columns)} WHERE id = %s",
                [*columns.values(), record.pk],
            )
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return True


class Walk(RuleBasedStateMachine):
    """The table alone is the reference; beside it stands the real record, moved by its services."""

    table = APPLICATION
    verbs: tuple[str, ...] = ()

    def __init__(self):
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self):
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize()
    def begin(self):
        authority(440600, AuthorityLevel.CITY)
        self.who = made.cast()
        self.record = self.made()
        self.status, self.moves = self.record.status, 0

    def made(self):
        raise NotImplementedError

    def fresh(self):
        return type(self.record)._base_manager.get(pk=self.record.pk)

    def actor(self, verb):
        people = {OWNER: self.who.manager, OFFICER: self.who.officer, CHIEF: self.who.chief}
        return people[sorted(WHO[verb])[-1]]

    def act(self, verb, *, stale):
        before = copy.copy(self.record) if stale else self.fresh()
        move = self.table.move(self.status, verb)
        legal = move is not None and (not stale or before.version == self.fresh().version)
        try:
            with transaction.atomic():
                ACTS[verb](before, self.actor(verb))
        except DomainError:
            assert not legal
            return
        assert legal
        self.status, self.moves = move.to, self.moves + 1

    @rule(status=st.sampled_from(sorted({name for table in TABLES.values() for name in table.names} | {"APPROVED"})))
    def write_by_sql(self, status):
        if status != self.status and (self.status, status) not in self.table.pairs:
            assert not by_sql(self.fresh(), status)

    @invariant()
    def in_step(self):
        if not hasattr(self, "record"):
            return
        kept = self.fresh()
        assert kept.status == self.status in self.table.names
        assert kept.version == self.record.version + self.moves


class ApplicationWalk(Walk):
    table = APPLICATION

    def made(self):
        return made.draft(self.who)

    @rule(verb=st.sampled_from(sorted(APPLICATION.verbs)), stale=st.booleans())
    def go(self, verb, stale):
        if verb == "withdraw_application" and self.moves < 3:
            return  # or most walks would end at once
        self.act(verb, stale=stale)

    @invariant()
    def what_hangs_on_it_agrees(self):
        if not hasattr(self, "record"):
            return
        kept = self.fresh()
        assert (kept.licence_id is not None) == (kept.status in ("ISSUED", "COLLECTED"))
        opened = Correction.objects.filter(application=kept, closed_at__isnull=True).count()
        assert opened == (kept.status == "CORRECTION_ASKED")
        ended = kept.status in ("NOT_ACCEPTED", "REFUSED", "ISSUED", "COLLECTED")
        assert (kept.clock_ended_at is not None) == (
            ended or (kept.status == "WITHDRAWN" and kept.submitted_at is not None)
        )
        trail = search_events(subject=("licence_application", kept.number)).exclude(event="licensing.draft_started")
        assert trail.count() == self.moves


class LicenceWalk(Walk):
    table = LICENCE

    def made(self):
        return made.licence(self.who)

    @rule(verb=st.sampled_from(sorted(set(LICENCE.verbs) - {"revoke_licence"})), stale=st.booleans())
    def go(self, verb, stale):
        if verb in ("cancel_licence", "recover_licence") and self.moves < 2:
            return
        self.act(verb, stale=stale)

    @rule()
    def revoke_by_two(self):
        if self.moves < 2:
            return
        try:
            proposal = ACTS["propose_revocation"](self.fresh(), self.who.officer)
            ACTS["confirm_revocation"](proposal, self.who.chief)
        except DomainError:
            assert self.status not in ("VALID", "SUSPENDED")
            return
        self.status, self.moves = "REVOKED", self.moves + 1

    @invariant()
    def spells_and_ends_agree(self):
        if hasattr(self, "record"):
            kept = self.fresh()
            opened = LicenceSpell.objects.filter(licence=kept, ended_at__isnull=True).exists()
            assert opened == (kept.status == "SUSPENDED")
            assert (kept.ended_at is not None) == LICENCE.status(kept.status).terminal


class FilingWalk(Walk):
    table = SHOP_FILING

    def made(self):
        return made.shop_filings_draft(self.who)

    @rule(verb=st.sampled_from(sorted(SHOP_FILING.verbs)), stale=st.booleans())
    def go(self, verb, stale):
        self.act(verb, stale=stale)


class ChangeWalk(Walk):
    """A change of what stands on a licence, whose licence may end beside it."""

    table = CHANGE

    def made(self):
        self.licence = made.licence(self.who)
        return ACTS["request_change"](self.licence, self.who.manager)

    @rule(verb=st.sampled_from(sorted(CHANGE.verbs)), stale=st.booleans())
    def go(self, verb, stale):
        kept = SpecialTradeLicence.objects.get(pk=self.licence.pk)
        if verb == "record_change" and kept.ended_at is not None and self.status == "REQUESTED":
            with pytest.raises(DomainError):
                ACTS[verb](self.fresh(), self.who.officer)
            return
        self.act(verb, stale=stale)

    @rule(verb=st.sampled_from(["suspend_licence", "reinstate_licence", "cancel_licence"]))
    def meanwhile(self, verb):
        with contextlib.suppress(DomainError), transaction.atomic():
            ACTS[verb](SpecialTradeLicence.objects.select_related("shop").get(pk=self.licence.pk), self.who.chief)

    @invariant()
    def the_licence_says_what_was_recorded(self):
        if hasattr(self, "record"):
            kept = self.fresh()
            named = SpecialTradeLicence.objects.get(pk=self.licence.pk).holder_name
            assert named == (kept.new_value if kept.status == "RECORDED" else kept.old_value)
            assert (kept.closed_at is not None) == (kept.status != "REQUESTED")


class RevocationWalk(Walk):
    """A proposal to revoke; the licence is revoked by the decision and by nothing else."""

    table = REVOCATION

    def made(self):
        self.licence = made.licence(self.who)
        return ACTS["propose_revocation"](self.licence, self.who.officer)

    @rule(verb=st.sampled_from(sorted(REVOCATION.verbs)), stale=st.booleans())
    def go(self, verb, stale):
        self.act(verb, stale=stale)

    @rule(verb=st.sampled_from(sorted(REVOCATION.verbs)))
    def by_who_proposed(self, verb):
        with pytest.raises(DomainError), transaction.atomic():
            ACTS[verb](self.fresh(), self.who.officer)

    @invariant()
    def the_licence_and_the_registry_agree(self):
        if hasattr(self, "record"):
            kept = self.fresh()
            revoked = SpecialTradeLicence.objects.get(pk=self.licence.pk).status == "REVOKED"
            assert revoked == (kept.status == "CONFIRMED")
            assert revoked == RegistryNotice.objects.filter(shop_id=self.licence.shop_id, event="REVOKED").exists()
            assert kept.decided_by != kept.proposed_by


@pytest.mark.django_db
@pytest.mark.parametrize("walk", [ApplicationWalk, LicenceWalk, FilingWalk, ChangeWalk, RevocationWalk])
def test_no_walk_reaches_an_illegal_state(walk, settings):
    settings.SHOP_FILING_FROM = ON if walk is FilingWalk else {}
    run_state_machine_as_test(walk, settings=PROFILE)


def record_in(model, status, settings):
    who = made.cast()
    if model is LicenceApplication:
        return made.application_in(status, who)
    if model is ShopFiling:
        settings.SHOP_FILING_FROM = ON
        draft = made.shop_filings_draft(who)
        verbs = {"DRAFT": (), "FILED": ("file_shop",), "DISCARDED": ("discard_shop_filing",)}
        for verb in verbs.get(status, ("file_shop", "end_shop_filing")):
            draft = ACTS[verb](draft, who.manager)
        return draft
    licence = made.licence(who)
    if model is SpecialTradeLicence:
        verbs = {"VALID": None, "SUSPENDED": "suspend_licence", "CANCELLED": "cancel_licence"}
        verbs["RECOVERED"] = "recover_licence"
        if status == "REVOKED":
            ACTS["confirm_revocation"](ACTS["propose_revocation"](licence, who.officer), who.chief)
            return SpecialTradeLicence.objects.get(pk=licence.pk)
        return ACTS[verbs[status]](licence, who.chief) if verbs[status] else licence
    if model is RevocationProposal:
        proposal = ACTS["propose_revocation"](licence, who.officer)
        verb = {"CONFIRMED": "confirm_revocation", "DROPPED": "drop_revocation"}.get(status)
        return ACTS[verb](proposal, who.chief) if verb else proposal
    change = changes.request_change(
        licence, item=ChangeItem.ADDRESS, new_value="新地址", reason="搬迁", by=who.manager, at=AT
    )
    verb = {"RECORDED": "record_change", "NOT_RECORDED": "turn_down_change", "TAKEN_BACK": "take_back_change"}.get(
        status
    )
    return ACTS[verb](change, who.manager if verb == "take_back_change" else who.officer) if verb else change


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "status"), [(model, status) for model, table in TABLES.items() for status in table.names]
)
def test_no_jump_by_sql_from_any_status_to_any_other(model, status, settings):
    record = record_in(model, status, settings)
    table = TABLES[model]
    assert record.status == status
    jumps = [to for to in (*table.names, "APPROVED") if to != status and (status, to) not in table.pairs]
    assert [to for to in jumps if by_sql(record, to)] == []
    # Nor is the version left as it was, nor a closed record reopened with its dates wiped.
    assert by_sql(record, status)
    for to in table.names:
        if (status, to) in table.pairs:
            assert not by_sql(record, to, version=record.version)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "status"),
    [(model, one) for model, table in TABLES.items() for one in table.names if one not in table.initial],
)
def test_nothing_is_born_in_a_later_status(model, status):
    with pytest.raises(DatabaseError, match="is not made as"), transaction.atomic(), connection.cursor() as cursor:
        # The trigger speaks before any NOT NULL does.
        cursor.execute(f"INSERT INTO {model._meta.db_table} (status, version) VALUES (%s, 1)", [status])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "status"), [(model, status) for model, table in TABLES.items() for status in table.names]
)
def test_every_verb_in_every_status(model, status, settings):
    """By the right person: what the table allows is done, anything else is refused and changes nothing."""
    record, table = record_in(model, status, settings), TABLES[model]
    who = made.Cast(
        Organisation.objects.get(kind="SHOP"), *(User.objects.get(memberships__role=role) for role in ROLES_OF_THE_CAST)
    )
    people = {OWNER: who.manager, OFFICER: who.officer, CHIEF: who.chief}
    for verb in sorted(set(table.verbs) - {"revoke_licence"}):
        fresh = type(record).objects.get(pk=record.pk)
        with transaction.atomic():
            move = table.move(status, verb)
            by = people[sorted(WHO[verb])[-1]]
            if move is None:
                with pytest.raises(DomainError), transaction.atomic():
                    ACTS[verb](fresh, by)
            else:
                ACTS[verb](fresh, by)
            assert type(record).objects.get(pk=record.pk).status == (status if move is None else move.to), verb
            transaction.set_rollback(True)
