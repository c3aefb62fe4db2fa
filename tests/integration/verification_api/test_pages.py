"""A bank's person checks a seal on a page, prints it and finds it again (核验页面)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from integration.verification_api.models import SealCheck
from sealreg.accounts.choices import OrganisationKind
from sealreg.api.models import ApiClient
from tests.factories.accounts import office, person
from tests.integration.verification_api import made
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
HOME = "/agency/"


@pytest.fixture
def teller():
    return person("bank_teller")


def typed(seal, **changed):
    return {"seal_code": seal.code, "uscc": seal.unit.credit_code, "purpose": "credit"} | changed


def test_the_answer_is_kept_and_shown_under_its_number(teller):
    browser, seal = client_of(teller), made.seal("LOST")
    answer = browser.post(HOME, typed(seal), follow=True)
    row = SealCheck.objects.get()
    assert answer.redirect_chain == [(f"/agency/checks/{row.number}/", 302)]
    text = answer.content.decode()
    assert row.number in text
    assert "印章已挂失，不得再使用。" in text
    assert seal.unit.name in text
    assert (row.asked_by, row.channel, row.organisation) == (f"user:{teller.number}", "page", teller.organisation)


def test_a_double_click_is_one_check(teller):
    browser, seal = client_of(teller), made.seal()
    key = browser.get(HOME).context["form"]["form_key"].value()
    for _time in range(2):
        assert browser.post(HOME, typed(seal, form_key=key)).status_code == 302
    assert SealCheck.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"seal_code": "123"}, "seal_code"),
        ({"uscc": ""}, "uscc"),
        ({"uscc": "91440606MA0000000X"}, "uscc"),
        ({"purpose": ""}, "purpose"),
        ({"purpose": "tax_matter"}, "purpose"),
        ({"seal_code": "5101010000001"}, "seal_code"),
        ({"unit_name": "名" * 101}, "unit_name"),
        ({"unit_name": "a\0b", "seal_code": "\0"}, "seal_code"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(teller, changed, field):
    seal = made.seal()
    answer = client_of(teller).post(HOME, typed(seal, **changed))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not SealCheck.objects.exists()


def test_only_the_purposes_of_ones_kind_are_offered(teller):
    choices = {value for value, _label in client_of(teller).get(HOME).context["form"].fields["purpose"].choices}
    assert choices == {"", "account_opening", "account_change", "settlement", "credit"}


def test_another_organisation_sees_neither_the_check_nor_the_list(teller):
    seal = made.seal()
    client_of(teller).post(HOME, typed(seal))
    number = SealCheck.objects.get().number
    other = person("bank_teller", place=office(OrganisationKind.BANK, name="另一家银行"))
    browser = client_of(other)
    assert browser.get(reverse("agency_check", args=[number])).status_code == 404
    assert number not in browser.get(reverse("agency_checks")).content.decode()
    assert browser.get(reverse("agency_check", args=["000000000000"])).status_code == 404


def test_history_narrows_and_leaves_as_a_file(teller):
    browser, good, lost = client_of(teller), made.seal(), made.seal("LOST")
    browser.post(HOME, typed(good))
    browser.post(HOME, typed(lost))
    there = reverse("agency_checks")
    assert len(browser.get(there).context["page"].rows) == 2
    for query in ("verdict=not_valid", f"code={lost.code}"):
        assert [row.seal_code for row in browser.get(f"{there}?{query}").context["page"].rows] == [lost.code]
    assert browser.get(f"{there}?until=2001-01-01").context["page"].rows == []
    assert browser.get(f"{there}?since=x&purpose=nonsense&cursor=zz").status_code == 200
    text = b"".join(browser.get(f"{there}?export=csv&verdict=valid").streaming_content).decode()
    assert good.code in text
    assert lost.code not in text
    sheet = browser.get(f"{there}?export=xlsx")
    assert sheet.status_code == 200
    sheet.close()


def test_keys_and_usage_of_ones_own_clients(teller):
    caller = made.bank()
    ApiClient.objects.filter(pk=caller.client.pk).update(organisation=teller.organisation)
    caller.client.refresh_from_db()
    made.check(caller, made.question(made.seal()))
    stranger = made.bank()
    text = client_of(teller).get(reverse("agency_interface")).content.decode()
    assert caller.key.number in text
    assert stranger.key.number not in text
    assert caller.client.number in text


def test_the_pages_speak_english(teller):
    browser = client_of(teller)
    seal = made.seal("SUSPENDED")
    answer = browser.post(HOME, typed(seal), follow=True, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
