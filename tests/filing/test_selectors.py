"""Who sees what, and the two public questions (可见范围与公众查询)."""

import pytest

from filing.models import Seal, SealFiling
from filing.selectors import checked_seal, filing_progress, filings_of, visible_filing
from filing.services.drafts import start_draft
from sealreg.accounts.choices import AuthorityLevel
from sealreg.errors import NotFound
from sealreg.units.models import UnitGrant
from tests.factories import filing as made
from tests.factories.accounts import authority, person
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def filing(place):
    there = some_unit(area=440605)
    return made.submitted(made.clerk_of(place), made.request_for(place, unit=there))


def county(number):
    return person("county_officer", place=authority(number).organisation)


def city(number):
    return person("city_officer", place=authority(number, AuthorityLevel.CITY).organisation)


def sees(actor) -> bool:
    seals = Seal.objects.visible_to(actor).count()
    filings = SealFiling.objects.visible_to(actor).count()
    assert seals == filings
    return filings == 1


def test_both_counties_the_city_and_the_province_see_it_and_no_other(filing):
    assert sees(county(440605))
    assert sees(county(440606))
    assert not sees(county(440604))
    assert sees(city(440600))
    assert not sees(city(440400))
    assert sees(person("province_officer"))
    assert sees(person("legal_reader"))


def test_the_shop_sees_its_own_only(filing, place):
    assert sees(made.clerk_of(place))
    assert not sees(made.clerk_of(made.shop()))


def test_a_companys_person_sees_the_units_own(filing):
    clerk = person("company_user")
    assert not sees(clerk)
    UnitGrant.objects.create(unit=filing.unit, user=clerk, granted_by="system:test", granted_at=TUESDAY_TEN)
    assert sees(clerk)


@pytest.mark.parametrize("role", ["bank_teller", "operator_staff", "institute_staff", "association_staff", "auditor"])
def test_other_roles_see_no_filing(filing, role):
    assert not sees(person(role))


def test_a_draft_stays_with_its_shop(place):
    clerk = made.clerk_of(place)
    draft = start_draft(place, by=clerk, at=TUESDAY_TEN, form={}, unit=some_unit())
    assert visible_filing(draft.number, by=clerk) == draft
    with pytest.raises(NotFound):
        visible_filing(draft.number, by=county(440606))


def test_a_list_costs_one_query(filing, place, django_assert_num_queries):
    clerk = made.clerk_of(place)
    assert clerk.organisation
    with django_assert_num_queries(1):
        assert [str(each.unit) for each in filings_of(clerk)]


class TestProgress:
    def test_right_pair_in_any_spelling(self, filing):
        last = filing.unit.credit_code[-6:]
        spelled = "-".join((filing.number[:4], filing.number[4:8], filing.number[8:])).lower()
        for number, fact in ((filing.number, last), (spelled, last.lower()), (filing.number, f" {last} ")):
            progress = filing_progress(number, fact)
            assert progress is not None
            assert progress.status.name == "SUBMITTED"
            assert [seal.making.name for seal in progress.seals] == ["ACCEPTED"]

    @pytest.mark.parametrize("fact", ["", "000000", "0"])
    def test_wrong_second_fact_and_unknown_number_look_the_same(self, filing, fact, django_assert_num_queries):
        for number in (filing.number, "0" * 12, "x", ""):
            with django_assert_num_queries(2):
                assert filing_progress(number, fact) is None

    def test_a_draft_is_not_shown(self, place):
        draft = start_draft(place, by=made.clerk_of(place), at=TUESDAY_TEN, form={}, unit=some_unit())
        assert filing_progress(draft.number, draft.unit.credit_code[-6:]) is None


class TestCheck:
    def test_by_credit_code_or_full_name(self, filing):
        code = filing.seals.get().code
        for holder in (filing.unit.credit_code, filing.unit.credit_code.lower(), filing.unit.name):
            assert checked_seal(code, holder) is not None

    @pytest.mark.parametrize("holder", ["", "x", "有限公司", "\x00"])
    def test_wrong_holder_finds_nothing(self, filing, holder):
        assert checked_seal(filing.seals.get().code, holder) is None

    @pytest.mark.parametrize("code", ["", "4406", "4406059999999", "４４０６", "\x00" * 13, "1" * 400, "٤" * 13])
    def test_unknown_code_finds_nothing(self, filing, code):
        assert checked_seal(code, filing.unit.name) is None
