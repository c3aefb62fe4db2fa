"""Each state of a seal has its verdict; the answer is kept and comes again byte for byte (核验公章)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from chips.models import Chip
from chips.services import bind_chip
from filing.models import FilingReturn
from integration.verification_api.models import FailedChecks, SealCheck
from sealreg.accounts.choices import OrganisationKind
from sealreg.api.choices import Algorithm
from sealreg.audit.models import AuditEvent
from sealreg.database.door import transaction
from sealreg.notices.models import Notice
from sealreg.units.models import Unit
from tests.api.caller import BY, answer_is_signed
from tests.factories import filing as factory
from tests.factories.accounts import authority, person
from tests.integration.verification_api import made

pytestmark = pytest.mark.django_db

BY_STATE = {
    "ACCEPTED": ("not_valid", ["not_collected"]),
    "ENGRAVED": ("not_valid", ["not_collected"]),
    "FILED": ("not_valid", ["not_collected"]),
    "WITHDRAWN": ("not_valid", ["withdrawn"]),
    "IN_USE": ("valid", []),
    "SUSPENDED": ("not_valid", ["suspended"]),
    "LOST": ("not_valid", ["lost"]),
    "SURRENDERED": ("not_valid", ["surrendered"]),
    "INVALIDATED": ("not_valid", ["invalidated"]),
}


def active_chip() -> Chip:
    shop = factory.shop(licensed=False)
    with transaction(BY):
        return bind_chip(factory.chip_of(shop), shop=shop, seal_code="4406060000001", by=BY, at=made.FILED)


@pytest.mark.parametrize("state", made.STATES)
def test_each_state_has_its_verdict_and_reason(state):
    seal = made.seal(state, chip=active_chip())
    answer = made.check(made.bank(), made.question(seal))
    verdict, reasons = BY_STATE[state]
    assert (answer["verdict"], answer["reasons"], answer["notes"]) == (verdict, reasons, [])
    assert answer["seal"]["code"] == seal.code
    assert set(answer["explanations"]) == set(reasons)


NOTES = {
    "under_correction": {"returned": True},
    "no_chip_required": {"engraved_on": dt.date(2018, 9, 30), "chip": None},
    "chip_not_on_record": {"engraved_on": dt.date(2018, 10, 1), "chip": None},
    "unit_revoked": {"registry_state": "REVOKED"},
}


@pytest.mark.parametrize("state", ["IN_USE", "FILED", "LOST"])
@pytest.mark.parametrize("note", NOTES)
def test_a_note_never_changes_the_verdict(note, state):
    how = {"chip": active_chip()} | NOTES[note]
    returned, registry_state = how.pop("returned", False), how.pop("registry_state", "IN_BUSINESS")
    seal = made.seal(state, **how)
    Unit.objects.filter(pk=seal.unit_id).update(registry_state=registry_state)
    if returned:
        FilingReturn.objects.create(
            filing=seal.filing, reason="OTHER", remark="测试", returned_by="测试", returned_at=made.FILED
        )
    answer = made.check(made.bank(), made.question(seal))
    assert answer["verdict"] == BY_STATE[state][0]
    assert answer["notes"] == ([note] if state == "IN_USE" else [])
    assert answer["reasons"] == ([note] if state == "IN_USE" else BY_STATE[state][1])


def test_a_closed_return_leaves_no_note():
    seal = made.seal(chip=active_chip())
    FilingReturn.objects.create(
        filing=seal.filing,
        reason="OTHER",
        remark="测试",
        returned_by="测试",
        returned_at=made.FILED,
        closed_at=made.FILED,
    )
    assert made.check(made.bank(), made.question(seal))["notes"] == []


def test_a_cancelled_unit_has_no_valid_seal():
    seal = made.seal(chip=active_chip())
    Unit.objects.filter(pk=seal.unit_id).update(registry_state="CANCELLED")
    answer = made.check(made.bank(), made.question(seal))
    assert (answer["verdict"], answer["reasons"]) == ("not_valid", ["unit_cancelled"])


def test_unknown_code_and_wrong_unit_get_the_same_answer():
    seal, caller = made.seal(), made.bank()
    other = made.seal("LOST")
    wrong = [
        made.question(seal, seal_code="4406069999999"),
        made.question(seal, uscc=other.unit.credit_code),
        made.question(seal, uscc=None, unit_name="某某有限公司"),
        made.question(seal, unit_name="某某有限公司"),
    ]
    answers = [made.check(caller, asked) for asked in wrong]
    own = {"asked", "attestation", "checked_at", "consultation_number"}
    kept = [{name: value for name, value in answer.items() if name not in own} for answer in answers]
    assert all(one == kept[0] for one in kept)
    assert (kept[0]["verdict"], kept[0]["reasons"], kept[0]["seal"], kept[0]["unit"]) == (
        "not_valid",
        ["no_match"],
        None,
        None,
    )


def test_the_full_name_serves_as_well_in_any_width():
    seal = made.seal(chip=active_chip())
    name = seal.unit.name.replace("号", "号 ").translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    answer = made.check(made.bank(), made.question(seal, uscc=None, unit_name=name))
    assert answer["verdict"] == "valid"
    assert answer["unit"] == {"name": seal.unit.name, "uscc": seal.unit.credit_code}


def test_a_city_with_a_node_of_its_own_is_not_judged_here():
    answer = made.check(made.bank(), {"seal_code": "4403030000001", "unit_name": "某某有限公司", "purpose": "credit"})
    assert (answer["verdict"], answer["reasons"]) == ("unavailable", ["node_not_connected"])


def test_a_locked_keystore_makes_it_unavailable(settings, tmp_path):
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "missing.json", "x"
    answer = made.check(made.bank(), made.question(made.seal()))
    assert (answer["verdict"], answer["reasons"], answer["seal"]) == ("unavailable", ["keystore_locked"], None)


def test_the_same_bytes_again_and_only_for_the_asker():
    seal, caller, other = made.seal(), made.bank(), made.bank()
    response = caller.call("POST", "/api/v1/seal-checks", made.question(seal))
    number = response.json()["consultation_number"]
    target = f"/api/v1/seal-checks/{number}"
    assert caller.call("GET", target).content == response.content
    assert caller.call("GET", f"/api/v1/seal-checks/{number.lower()}").content == response.content
    assert other.call("GET", target).status_code == 404
    assert caller.call("GET", "/api/v1/seal-checks/000000000000").status_code == 404
    row = SealCheck.objects.get(number=number)
    assert bytes(row.answer) == response.content
    assert (row.verdict, row.purpose, row.asked_by) == (
        "valid",
        "account_opening",
        f"client:{caller.client.number}",
    )


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.SM2])
def test_the_answer_carries_both_signatures(algorithm):
    caller = made.bank(algorithm)
    asked = made.question(made.seal())
    body = json.dumps(asked).encode()
    header = caller.header("POST", "/api/v1/seal-checks", body, nonce="nonce-of-this-test")
    response = caller.call("POST", "/api/v1/seal-checks", asked, authorization=header)
    assert response.status_code == 200
    assert answer_is_signed(response, "nonce-of-this-test")
    again = caller.call("POST", "/api/v1/seal-checks", asked, authorization=header)
    assert (again.status_code, again.json()["code"]) == (401, "nonce_used")


def test_each_kind_of_organisation_sees_only_what_its_purposes_need():
    seal = made.seal(chip=active_chip())
    tax = made.caller_of(OrganisationKind.TAX)
    refused = tax.call("POST", "/api/v1/seal-checks", made.question(seal))
    assert (refused.status_code, refused.json()["code"]) == (422, "purpose_not_yours")
    assert set(refused.json()["fields"]) == {"purpose"}
    shown = made.check(tax, made.question(seal, purpose="tax_matter"))["seal"]
    assert set(shown) == {"code", "seal_type", "name", "filed_on"}
    agency = made.caller_of(OrganisationKind.AGENCY)
    assert set(made.check(agency, made.question(seal, purpose="social_security"))["seal"]) == {"code", "seal_type"}
    assert {"chip", "delivered_on"} <= set(made.check(made.bank(), made.question(seal))["seal"])


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"seal_code": "44060600000"}, {"seal_code"}),
        ({"seal_code": 4406060000001}, {"seal_code"}),
        ({"seal_code": "4406060000O01"}, {"seal_code"}),
        ({"seal_code": "5101010000001"}, {"seal_code"}),
        ({"uscc": "91440606MA00000000"}, {"uscc"}),
        ({"uscc": ["x"]}, {"uscc"}),
        ({"uscc": None}, {"uscc"}),
        ({"uscc": "", "unit_name": "  "}, {"uscc"}),
        ({"unit_name": "某" * 101}, {"unit_name"}),
        ({"unit_name": {"a": 1}}, {"unit_name"}),
        ({"purpose": "curiosity"}, {"purpose"}),
        ({"purpose": None}, {"purpose"}),
        ({"purpose": 7, "seal_code": ""}, {"purpose", "seal_code"}),
    ],
)
def test_wrong_input_is_named_at_its_field(changed, fields):
    asked = {"seal_code": "4406060000001", "uscc": None, "unit_name": None, "purpose": "credit"}
    good = made.question(made.seal())
    response = made.bank().call("POST", "/api/v1/seal-checks", {**asked, **good, **changed})
    assert response.status_code == 422, response.content
    assert set(response.json()["fields"]) == fields
    assert SealCheck.objects.count() == 0


@pytest.mark.parametrize("body", [[], "x", 7, None, [{"seal_code": "1"}]])
def test_a_body_that_is_no_object_is_refused(body):
    response = made.bank().call("POST", "/api/v1/seal-checks", body)
    assert response.status_code in (400, 422)
    assert set(response.json()) >= {"code", "message", "fields", "request_id"}


def test_a_full_width_code_is_read():
    seal = made.seal(chip=active_chip())
    wide = seal.code.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert made.check(made.bank(), made.question(seal, seal_code=wide))["verdict"] == "valid"


def test_a_scope_is_needed():
    caller = made.bank()
    type(caller.client).objects.filter(pk=caller.client.pk).update(scopes=["keys"])
    response = caller.call("POST", "/api/v1/seal-checks", made.question(made.seal()))
    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert Client().post("/api/v1/seal-checks").status_code == 401


def test_a_repeated_call_with_its_key_is_one_check():
    caller, asked = made.bank(), made.question(made.seal())
    first = caller.call("POST", "/api/v1/seal-checks", asked, idempotency="k1")
    again = caller.call("POST", "/api/v1/seal-checks", asked, idempotency="k1")
    assert first.content == again.content
    assert SealCheck.objects.count() == 1
    assert (
        caller.call("POST", "/api/v1/seal-checks", {**asked, "purpose": "credit"}, idempotency="k1").status_code == 409
    )


def test_twenty_failed_checks_of_one_code_tell_the_county_once():
    authority(440606)
    officer = person("county_officer")
    assert officer.police_unit.authority_no == 440606
    seal, caller = made.seal("LOST"), made.bank()
    for _time in range(19):
        made.check(caller, made.question(seal))
    assert not Notice.objects.filter(user=officer).exists()
    for _time in range(3):
        made.check(caller, made.question(seal, uscc=None, unit_name="某某"))
    assert Notice.objects.filter(user=officer, template="verification_api.often_failed").count() == 1
    event = AuditEvent.objects.get(event="verification_api.often_failed")
    assert (event.subject_id, event.authority_no, event.facts["failed"]) == (seal.code, 440606, "20")
    counted = FailedChecks.objects.get(pk=seal.code)
    assert counted.failed == 22
    FailedChecks.objects.filter(pk=seal.code).update(first_at=timezone.now() - dt.timedelta(days=31))
    made.check(caller, made.question(seal))
    counted.refresh_from_db()
    assert (counted.failed, counted.alerted_at) == (1, None)
