"""Any feed ends in the state that sorting and folding it gives (登记数据同步的性质)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.business_registration.models import FeedPosition, QuarantinedRecord, RegistryRecord
from integration.business_registration.sync import pull
from sealreg.units.models import Unit
from tests.factories.accounts import authority
from tests.integration.business_registration import feeds
from tests.integration.business_registration.feeds import ACTOR, AREA, NOW, ScriptedRegistry, change, code, enterprise

STATES = {"ACTIVE": "IN_BUSINESS", "CANCELLED": "CANCELLED", "REVOKED": "REVOKED"}
# Broken in its shape: never readable. Broken by a rule: readable, refused by the register.
SHAPELESS, RULED_OUT = ("wrong type", "wrong charset", "too deep", "parts disagree", "NUL"), ("county", "future", "id")


@dataclass(frozen=True)
class Event:
    """One event as generated, knowing by construction what is wrong with it."""

    company: int
    version: int
    deletes: bool
    state: str
    edition: str
    fault: str
    extra: bool

    def render(self) -> bytes:
        if self.deletes:
            data = change(self.company, self.version, op="delete")
        else:
            fields = {"name": self.name, "registry_state": self.state}
            if self.fault == "county":
                fields["area"] = "440699"
            if self.fault == "future":
                fields["established_on"] = "2046-01-01"
            if self.fault == "id":
                person = enterprise(self.company)["legal_representative"]
                fields["legal_representative"] = {**person, "id_number": "449999199013010000"}
            data = change(self.company, self.version, record=enterprise(self.company, self.version, **fields))
        if self.extra:
            data = data[:-1] + b',"since":"later","nested":{"a":[[]]}}'
        if self.fault == "wrong type":
            data = data.replace(b'"version":%d' % self.version, b'"version":"%d"' % self.version)
        if self.fault == "wrong charset":
            data = data.replace(b'"event_id":"E', b'"event_id":"\xff\xfeE')
        if self.fault == "too deep":
            data = data[:-1] + b',"deep":' + b"[" * 3000 + b"]" * 3000 + b"}"
        if self.fault == "parts disagree":
            data = data.replace(b'"op":"upsert"', b'"op":"delete"') if not self.deletes else data[:-1] + b',"op":"x"}'
        if self.fault == "NUL":
            data = data.replace(b'"event_id":"E', b'"event_id":"\\u0000E')
        return data

    @property
    def name(self) -> str:
        return f"佛山市顺德区{self.edition}{self.company}科技有限公司"


@dataclass
class Fold:
    """The reference: events one after the other, newest version wins (参照实现)."""

    held: dict[int, tuple[int, bool]] = field(default_factory=dict)
    units: dict[int, tuple[str, str]] = field(default_factory=dict)
    quarantined: set[bytes] = field(default_factory=set)

    def take(self, event: Event) -> None:
        if event.fault in SHAPELESS:
            self.quarantined.add(event.render())
            return
        if event.version <= self.held.get(event.company, (0, False))[0]:
            return
        if event.fault in RULED_OUT and not event.deletes:
            self.quarantined.add(hashlib.sha256(repr(event).encode()).digest())
            return
        self.held[event.company] = (event.version, event.deletes)
        if not event.deletes:
            self.units[event.company] = (event.name, STATES[event.state])
        elif event.company in self.units:
            self.units[event.company] = (self.units[event.company][0], "UNKNOWN")


events = st.builds(
    Event,
    company=st.integers(1, 4),
    version=st.integers(1, 6),
    deletes=st.sampled_from([False, False, False, True]),
    state=st.sampled_from(sorted(STATES)),
    edition=st.sampled_from(["澜", "枫", "穗"]),
    fault=st.sampled_from(["", "", "", "", "", *SHAPELESS, *RULED_OUT]),
    extra=st.booleans(),
)


@st.composite
def scripts(draw: st.DrawFn) -> tuple[list[list[Event]], dict[int, list[Exception | bytes]]]:
    """Pages of events with repeats, and troubles before some of the pages."""
    pool = draw(st.lists(events, min_size=1, max_size=10))
    told = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=20))  # repeats, any order
    pages, rest = [], told
    while rest:
        size = draw(st.integers(1, 8))
        pages.append(rest[:size])
        rest = rest[size:]
    missing = draw(st.sets(st.integers(0, len(pages) - 1), max_size=1))
    kept = [[] if place in missing else page for place, page in enumerate(pages)]
    troubles: dict[int, list[Exception | bytes]] = {}
    for place in draw(st.sets(st.integers(0, len(kept) - 1), max_size=2)):
        back = [feeds.loop_to(earlier) for earlier in range(1, place + 1)]
        troubles[place] = draw(st.lists(st.sampled_from([*feeds.TROUBLES, *back]), min_size=1, max_size=2))
    return kept, troubles


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts())
def test_any_feed_ends_where_the_fold_ends(script):
    pages, troubles = script
    with transaction.atomic():
        _compare(pages, troubles)
        transaction.set_rollback(True)


def _compare(pages, troubles):
    authority(AREA)
    fold = Fold()
    for page in pages:
        for event in page:
            fold.take(event)
    registry = ScriptedRegistry([[event.render() for event in page] for page in pages], troubles)
    end = f"c{len(pages)}"
    for _ in range(20):
        run = pull(registry, by=ACTOR, now=lambda: NOW)
        if not run.failure and FeedPosition.objects.get().cursor == end:
            break
    assert FeedPosition.objects.get().cursor == end
    companies = {code(company): company for company in range(1, 5)}
    held = RegistryRecord.objects.values_list("credit_code", "version", "deleted")
    units = Unit.objects.values_list("credit_code", "name", "registry_state")
    assert {companies[row[0]]: row[1:] for row in held} == fold.held
    assert {companies[row[0]]: row[1:] for row in units} == fold.units
    assert QuarantinedRecord.objects.count() == len(fold.quarantined)
