"""Nobody opens under the code of another, twice, or while still open elsewhere (一家企业一次开办)."""

import datetime as dt

import pytest

from licensing.models import EngravingShop, LicenceApplication, ShopFiling, SpecialTradeLicence
from licensing.services.applications import submit_application, withdraw_application
from licensing.services.decisions import issue_licence
from licensing.services.licences import cancel_licence
from licensing.services.shop_filings import file_shop
from sealreg.clock import now
from sealreg.database.territory import confined
from sealreg.errors import Conflict, RuleBroken
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN


@pytest.fixture
def who():
    return made.cast()


def reason_of(act, *arguments, **named):
    with pytest.raises(RuleBroken) as caught:
        act(*arguments, **named)
    return caught.value


def just_now():
    return now() - dt.timedelta(minutes=5)


def county(number):
    place = authority(number).organisation
    return person("county_officer", place=place), person("county_chief", place=place)


def test_the_code_of_a_registered_shop_is_refused_at_its_field(who):
    theirs = made.licence(made.cast()).shop.credit_code
    found = reason_of(made.submitted, who, credit_code=theirs)
    assert found.code == "rule_broken"
    assert found.fields["credit_code"]
    assert not LicenceApplication.objects.filter(organisation=who.organisation, status="SUBMITTED").exists()


def test_so_is_one_another_has_applied_under_until_that_is_over(who):
    first = made.submitted(other_shop := made.cast())
    assert reason_of(made.submitted, who, credit_code=first.credit_code).fields["credit_code"]
    withdraw_application(first, reason="暂不开办", by=other_shop.manager, at=AT)
    asked = made.request(who.manager, credit_code=first.credit_code)
    draft = LicenceApplication.objects.get(organisation=who.organisation)
    assert submit_application(draft, asked, by=who.manager, at=AT).status == "SUBMITTED"


def test_two_who_apply_in_the_same_moment_are_told_apart_by_the_database(who, monkeypatch):
    first = made.submitted(made.cast())
    monkeypatch.setattr("licensing.services.openings.is_taken", lambda *_: False)  # neither has seen the other
    assert reason_of(made.submitted, who, credit_code=first.credit_code).fields["credit_code"]


def test_a_shop_that_opened_meanwhile_gets_no_second_licence(who, settings):
    granted = made.application_in("GRANTED", who)
    settings.SHOP_FILING_FROM = {"44": AT.date()}
    ShopFiling.objects.create(
        organisation=who.organisation, status="DRAFT", drafted_by=who.manager.actor_id, created_at=AT
    )
    draft = ShopFiling.objects.get(organisation=who.organisation)
    with pytest.raises(Conflict):
        file_shop(draft, made.filing_request(who.manager), by=who.manager, at=AT)
    assert issue_licence(granted, by=who.officer, at=AT).status == "ISSUED"
    assert not ShopFiling.objects.filter(status="FILED").exists()


def test_the_county_of_the_new_place_takes_the_entry_over_by_http(who):
    old = made.licence(who, at=just_now())
    cancel_licence(old, ground="SHOP_ASKED", reason="搬迁到南海", by=who.chief, at=just_now())
    there = made.Cast(who.organisation, who.manager, *county(440605))
    granted = made.application_in("GRANTED", there, at=just_now(), area=440605, credit_code=old.shop.credit_code)
    browser = client_of(there.officer)
    address = f"/police/licences/applications/{granted.number}/issue-licence/"
    form = browser.get(address).context["form"]
    sent = {"form_key": str(form["form_key"].value()), "version": str(form["version"].value())}
    assert browser.post(address, sent).status_code == 302
    shop = EngravingShop.objects.get(pk=who.organisation.pk)
    assert (shop.authority_no, shop.code) == (440605, old.shop.code)
    assert shop.licences.get(status="VALID").issued_by_no == 440605


def test_what_is_alive_in_another_county_is_seen_through_the_wall(who):
    there = made.Cast(who.organisation, who.manager, *county(440605))
    granted = made.application_in("GRANTED", there, area=440605)
    made_here = EngravingShop.objects.create(
        organisation=who.organisation, code="440606000099", credit_code=granted.credit_code, area=440606,
        authority_no=440606, address="大良", phone="0757-1", opened_on=AT.date(),
    )  # fmt: skip
    SpecialTradeLicence.objects.create(
        shop=made_here, number="440606-2026-00099", issued_by_no=440606, issued_on=AT.date()
    )
    with confined(440605, 440606):
        assert reason_of(issue_licence, granted, by=there.officer, at=AT).reason == "already_open"
        assert EngravingShop.objects.get(pk=made_here.pk).authority_no == 440606
        # The wall stands again after the act.
        assert EngravingShop.objects.filter(pk=made_here.pk).update(phone="0757-2") == 0
