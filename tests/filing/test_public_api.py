"""The public's calls (公众接口): the same answers as the pages, no person in them, one allowance for both."""

import pytest

from filing.looking_up import PER_NUMBER
from filing.services.delivery import deliver_seal
from sealreg.units.models import RegistryState, Unit
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN

pytestmark = pytest.mark.django_db
PROGRESS, CHECK = "/api/v1/public/progress", "/api/v1/public/seal-checks"


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def filing(clerk, place):
    return made.submitted(clerk, made.request_for(place))


@pytest.fixture
def seal(clerk, place):
    filed = made.filed(clerk, made.request_for(place)).seals.get()
    return deliver_seal(filed, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=TUESDAY_TEN)


def ask(client, path, **data):
    return client.post(path, data, content_type="application/json")


def test_progress_says_where_it_stands_and_names_no_person(client, filing):
    typed = f"{filing.number[:4]}-{filing.number[4:8]}-{filing.number[8:]}".lower()
    answer = ask(client, PROGRESS, number=typed, uscc_last6=filing.unit.credit_code[-6:])
    body = answer.json()
    assert (answer.status_code, body["status"], body["number"]) == (200, "SUBMITTED", filing.number)
    assert [one["code"] for one in body["seals"]] == [filing.seals.get().code]
    assert body["due_at"].endswith("+08:00")
    for secret in (filing.handler_name, filing.handler_id, filing.handler_phone, filing.unit.legal_representative):
        assert secret not in answer.content.decode()


def test_wrong_number_and_wrong_second_fact_get_the_same_answer(client, filing):
    tail = filing.unit.credit_code[-6:]
    answers = [
        ask(client, PROGRESS, number=filing.number, uscc_last6="000000"),
        ask(client, PROGRESS, number="000000000000", uscc_last6=tail),
    ]
    assert [one.status_code for one in answers] == [404, 404]
    first, second = ({**one.json(), "request_id": ""} for one in answers)
    assert first == second


@pytest.mark.parametrize("body", [{}, {"number": 7}, {"number": "x" * 9999}, {"number": None}, {"uscc_last6": ["1"]}])
def test_bad_input_is_named_at_its_field(client, body):
    answer = ask(client, PROGRESS, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert "number" in answer.json()["fields"]


def test_pages_and_calls_share_one_allowance(client, filing):
    for _ in range(PER_NUMBER.tries):
        client.post("/progress/", {"number": filing.number, "second_fact": "000000"})
    stopped = ask(client, PROGRESS, number=filing.number, uscc_last6=filing.unit.credit_code[-6:])
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_attempts")
    assert int(stopped["Retry-After"]) > 0


def test_collected_seal_is_on_file(client, seal):
    for holder in ({"uscc": seal.unit.credit_code}, {"unit_name": seal.unit.name}):
        body = ask(client, CHECK, seal_code=seal.code, **holder).json()
        assert (body["finding"], body["seal"]["unit_name"]) == ("on_file", seal.unit.name)
        assert seal.unit.legal_representative not in str(body)


def test_seal_not_yet_collected_is_not_usable(client, filing):
    body = ask(client, CHECK, seal_code=filing.seals.get().code, unit_name=filing.unit.name).json()
    assert body["finding"] == "on_file_not_usable"


def test_seal_of_a_unit_that_was_cancelled_is_not_usable(client, seal):
    Unit.objects.filter(pk=seal.unit_id).update(registry_state=RegistryState.CANCELLED)
    body = ask(client, CHECK, seal_code=seal.code, uscc=seal.unit.credit_code).json()
    assert body["finding"] == "on_file_not_usable"
    assert "已注销" in body["message"]


def test_unknown_code_and_wrong_unit_are_not_found(client, seal):
    bodies = [
        ask(client, CHECK, seal_code="4406069999999", unit_name=seal.unit.name).json(),
        ask(client, CHECK, seal_code=seal.code, unit_name="别的单位").json(),
    ]
    assert [(one["finding"], one["seal"]) for one in bodies] == [("not_found", None)] * 2


def test_exactly_one_fact_about_the_unit_is_asked(client, seal):
    both = {"uscc": seal.unit.credit_code, "unit_name": seal.unit.name}
    for holder in ({}, both):
        answer = ask(client, CHECK, seal_code=seal.code, **holder)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["uscc"])
