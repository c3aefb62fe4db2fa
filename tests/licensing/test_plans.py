"""Ten thousand shops (一万家企业): what an officer reads comes from an index, in a fixed number of queries."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.db.models import CharField, F
from django.db.models.functions import Cast

from licensing.models import (
    EngravingShop,
    LicenceApplication,
    LicenceChange,
    RevocationProposal,
    ShopFiling,
    SpecialTradeLicence,
)
from licensing.selectors import applications_of, licences_of, shop_filings_of
from licensing.services.clocks import running_applications
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Organisation
from sealreg.units import synthetic
from tests.factories import licensing as made
from tests.factories.accounts import authority, person

AT = made.TUESDAY_TEN
MANY = 10_000


def populate():
    """Ten thousand shops in a hundred counties, each with a licence, a change, a proposal, an application, a filing."""
    offices = Organisation.objects.bulk_create(
        Organisation(kind=OrganisationKind.SHOP, name=f"大量店{n}", created_at=AT) for n in range(MANY)
    )
    place = {office.pk: 440600 + n % 100 for n, office in enumerate(offices)}
    shops = EngravingShop.objects.bulk_create(
        EngravingShop(
            organisation=office, code=f"440606{100_000 + n}", area=440606, authority_no=place[office.pk], phone="0",
            credit_code=synthetic.credit_code(800_000 + n), address="路", opened_on=dt.date(2018, 8, 20),
        )
        for n, office in enumerate(offices)
    )  # fmt: skip
    licences = SpecialTradeLicence.objects.bulk_create(
        SpecialTradeLicence(shop=shop, number=f"大量-{n}", issued_by_no=shop.authority_no, issued_on=AT.date())
        for n, shop in enumerate(shops)
    )
    LicenceChange.objects.bulk_create(
        LicenceChange(
            licence=one, authority_no=one.issued_by_no, item="NAME", new_value="新", reason="更名", requested_by="x",
            requested_at=AT,
        )
        for one in licences
    )  # fmt: skip
    RevocationProposal.objects.bulk_create(
        RevocationProposal(
            licence=one, authority_no=one.issued_by_no, ground="DECEIT", reason="虚假", proposed_by="x",
            proposed_by_name="x", proposed_at=AT,
        )
        for one in licences
    )  # fmt: skip
    stated = {
        "area": 440606,
        "shop_name": "店",
        "credit_code": Cast("organisation_id", CharField()),
        "submitted_at": AT,
        "draft_form": None,
        "version": 2,
    }
    for model, status in ((LicenceApplication, "SUBMITTED"), (ShopFiling, "FILED")):
        rows = model.objects.bulk_create(
            model(organisation=office, authority_no=place[office.pk], draft_form="{}", created_at=AT)
            for office in offices
        )
        assert len(rows) == MANY
        if model is LicenceApplication:
            model.objects.update(status=status, due_on=AT.date(), due_calendar=1, **stated)
        else:  # a shop's key is its organisation's
            model.objects.update(status=status, shop=F("organisation"), **stated)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def scanned(rows):
    """Tables read from end to end to answer."""
    found = []

    def walk(node):
        if node["Node Type"] == "Seq Scan":
            found.append(node["Relation Name"])
        for below in node.get("Plans", ()):
            walk(below)

    (plan,) = json.loads(rows.explain(format="json"))
    walk(plan["Plan"])
    return sorted(set(found) & BIG)


BIG = {
    model._meta.db_table
    for model in (EngravingShop, SpecialTradeLicence, LicenceChange, RevocationProposal, LicenceApplication, ShopFiling)
} | {Organisation._meta.db_table}


@pytest.mark.django_db
def test_a_page_of_a_county_is_read_from_an_index_among_10000_shops(django_assert_num_queries):
    populate()
    officer = person("county_officer", place=authority(440606).organisation)
    chosen = {
        "applications": applications_of(officer).order_by("-id"),
        "filings": shop_filings_of(officer).order_by("-id"),
        "licences": licences_of(officer).order_by("-id"),
        "changes": LicenceChange.objects.visible_to(officer).order_by("-id"),
        "revocations": RevocationProposal.objects.visible_to(officer).order_by("-id"),
        "stale clocks": running_applications().filter(due_calendar=2),
    }
    assert {name: scanned(rows[:51]) for name, rows in chosen.items()} == {name: [] for name in chosen}
    for name, rows in chosen.items():
        with django_assert_num_queries(1):
            page = list(rows[:51])
        assert len(page) == (0 if name == "stale clocks" else 51), name
