"""Role × verb × jurisdiction for every state table of opening a shop (权限矩阵, demands 10, 23, 88; threats T8, T9).

The county of the place acts; city and province look on (403); another county, another shop and everybody else do not
know of the record (404).
"""

import datetime as dt

import pytest

from licensing.choices import CancelGround, ChangeItem, EndGround, RevokeGround, SuspendGround
from licensing.models import (
    LicenceApplication,
    LicenceChange,
    RevocationProposal,
    RevocationStatement,
    ShopFiling,
    ShopFilingChange,
    SpecialTradeLicence,
)
from licensing.requests import FilingChangeRequest
from licensing.services import (
    applications,
    changes,
    corrections,
    decisions,
    filing_changes,
    licences,
    shop_filings,
    statements,
    suspensions,
)
from licensing.services.licences import propose_revocation
from licensing.states import APPLICATION, CHANGE, LICENCE, REVOCATION, SHOP_FILING, SUSPENSION_REQUEST
from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import Premises
from sealreg.accounts.roles import ROLES, Permission
from sealreg.errors import DomainError, NotFound, OutsideJurisdiction
from tests.factories import licensing as made
from tests.factories.accounts import authority, office, person

AT = made.TUESDAY_TEN

OWNER, OFFICER, CHIEF = "the shop's manager", "officer of the place", "chief of the place"
COUNTER = {OWNER, OFFICER}

# Verb -> who may; everybody else is refused.
WHO = {
    "submit_application": {OWNER},
    "ask_correction": {OFFICER},
    "answer_correction": {OWNER},
    "accept_application": {OFFICER},
    "decline_application": {OFFICER},
    "grant_application": {CHIEF},
    "refuse_application": {CHIEF},
    "issue_licence": {OFFICER},
    "collect_licence": COUNTER,
    "withdraw_application": {OWNER},
    "suspend_licence": {CHIEF},
    "reinstate_licence": {CHIEF},
    "cancel_licence": {CHIEF},
    "recover_licence": {CHIEF},
    "propose_revocation": {OFFICER},
    "confirm_revocation": {CHIEF},
    "drop_revocation": {CHIEF},
    "record_change": {OFFICER},
    "turn_down_change": {OFFICER},
    "take_back_change": {OWNER},
    "grant_request": {CHIEF},
    "decline_request": {CHIEF},
    "take_back_request": {OWNER},
    "file_shop": {OWNER},
    "end_shop_filing": COUNTER,
    "discard_shop_filing": {OWNER},
    "ask_filing_correction": {OFFICER},
    # No moves of a table, but acts on its records
    "request_change": {OWNER},
    "request_suspension": {OWNER},
    "state_case": {OWNER},
    "file_change": {OWNER},
    "answer_filing_correction": {OWNER},
    "convert_application": {OWNER},
}

# Verb -> the act; the record is in a status the verb starts from.
ACTS = {
    "submit_application": lambda one, by: applications.submit_application(
        one, made.request(by, area=one.organisation.area), by=by, at=AT
    ),
    "ask_correction": lambda one, by: corrections.ask_correction(one, items=[made.ITEM], by=by, at=AT),
    "answer_correction": lambda one, by: corrections.answer_correction(
        one, made.CorrectionAnswer({made.ITEM.subject: "已补"}), by=by, at=AT
    ),
    "accept_application": lambda one, by: decisions.accept_application(one, opinion="齐全", by=by, at=AT),
    "decline_application": lambda one, by: decisions.decline_application(
        one, ground="NOT_NEEDED", reason="无需许可", by=by, at=AT
    ),
    "grant_application": lambda one, by: decisions.grant_application(one, reason="同意", by=by, at=AT),
    "refuse_application": lambda one, by: decisions.refuse_application(
        one, reason="不符", remedy="复议", by=by, at=AT
    ),
    "issue_licence": lambda one, by: decisions.issue_licence(one, by=by, at=AT),
    "collect_licence": lambda one, by: applications.collect_licence(one, by=by, at=AT),
    "withdraw_application": lambda one, by: applications.withdraw_application(one, reason="改变", by=by, at=AT),
    "suspend_licence": lambda one, by: licences.suspend_licence(
        one, ground=SuspendGround.SHOP_ASKED, reason="停业", by=by, at=AT
    ),
    "reinstate_licence": lambda one, by: licences.reinstate_licence(one, reason="复业", by=by, at=AT),
    "cancel_licence": lambda one, by: licences.cancel_licence(
        one, ground=CancelGround.SHOP_ASKED, reason="停办", by=by, at=AT
    ),
    "recover_licence": lambda one, by: licences.recover_licence(
        one, case=made.decided_case(one, by=by), by=by, at=AT
    ),
    "propose_revocation": lambda one, by: propose_revocation(
        one, ground=RevokeGround.DECEIT, reason="材料虚假", by=by, at=AT
    ),
    "confirm_revocation": lambda one, by: licences.confirm_revocation(one, decision="同意", by=by, at=AT),
    "drop_revocation": lambda one, by: licences.drop_revocation(one, decision="证据不足", by=by, at=AT),
    "file_change": lambda one, by: filing_changes.file_change(
        one, FilingChangeRequest("shop_name", "另一名称"), by=by, at=AT
    ),
    "state_case": lambda one, by: statements.state_case(one, text="平面图与现场一致。", by=by, at=AT),
    "record_change": lambda one, by: changes.record_change(one, by=by, at=AT),
    "turn_down_change": lambda one, by: changes.turn_down_change(one, reason="无证明", by=by, at=AT),
    "take_back_change": lambda one, by: changes.take_back_change(one, by=by, at=AT),
    "grant_request": lambda one, by: suspensions.grant_request(one, answer="同意", by=by, at=AT),
    "decline_request": lambda one, by: suspensions.decline_request(one, answer="不同意", by=by, at=AT),
    "take_back_request": lambda one, by: suspensions.take_back_request(one, by=by, at=AT),
    "request_suspension": lambda one, by: suspensions.request_suspension(
        one, kind="SUSPEND", from_on=AT.date(), reason="装修", by=by, at=AT
    ),
    "file_shop": lambda one, by: shop_filings.file_shop(
        one, made.filing_request(by, area=one.organisation.area), by=by, at=AT
    ),
    "end_shop_filing": lambda one, by: shop_filings.end_shop_filing(
        one,
        ground=EndGround.SHOP_STOPPED if by.may(Permission.ENTER_SHOP) else EndGround.SHOP_ENDED,
        reason="停止",
        by=by,
        at=AT,
    ),
    "discard_shop_filing": lambda one, by: shop_filings.discard_shop_filing(one, by=by, at=AT),
    "ask_filing_correction": lambda one, by: corrections.ask_filing_correction(one, items=[made.ITEM], by=by, at=AT),
    "request_change": lambda one, by: changes.request_change(
        one, item=ChangeItem.NAME, new_value="另一名称", reason="更名", by=by, at=AT
    ),
    "answer_filing_correction": lambda one, by: corrections.answer_filing_correction(
        one, made.CorrectionAnswer({made.ITEM.subject: "已更正"}), by=by, at=AT
    ),
    "convert_application": lambda one, by: shop_filings.convert_application(one, by=by, at=AT),
}  # fmt: skip


def places(area, city=None):
    """Everybody there is: each role at its place, and the police of elsewhere."""
    city = city or area // 100 * 100
    other_county = 440605 if area != 440605 else 440604
    people = {
        "officer of another county": person("county_officer", place=authority(other_county).organisation),
        "chief of another county": person("county_chief", place=authority(other_county).organisation),
        "officer of another city": person("county_officer", place=authority(440105).organisation),
        "province": person("province_officer"),
        "clerk of another shop": person("shop_clerk"),
        "manager of another shop": person("shop_manager"),
        "nobody": person(),
    }
    if city != area:
        level = AuthorityLevel.CITY
        people["city"] = person("city_officer", place=authority(city, level).organisation)
    for key, role in ROLES.items():
        if not key.startswith(("shop_", "county_", "city_", "province_officer")):
            people[key] = person(key, place=None if not role.kinds else office(sorted(role.kinds)[0]))
    return people


# City, province and the province's readers look on.
LOOKERS = {"city", "province", "legal_reader", "science_reader", "equipment_reader", "reform_reader"}
STARTS = {
    "LicenceApplication": APPLICATION, "SpecialTradeLicence": LICENCE, "RevocationProposal": REVOCATION,
    "LicenceChange": CHANGE, "ShopFiling": SHOP_FILING, "SuspensionRequest": SUSPENSION_REQUEST,
}  # fmt: skip


# Moves nobody makes by themselves: they come with the decision, with the day, or with another act on the licence.
BY_OTHER_ACTS = {"revoke_licence", "put_into_effect", "close_request"}


def test_every_verb_of_every_table_stands_in_the_matrix():
    verbs = {verb for table in STARTS.values() for verb in table.verbs} - BY_OTHER_ACTS
    assert verbs <= set(WHO)
    assert set(WHO) == set(ACTS)


def record_for(verb, who, settings, **fields):
    """A record in the first status the verb starts from; fields go to the shop's particulars."""
    if verb in APPLICATION.verbs:
        start = APPLICATION.verbs[verb].frm
        return made.application_in(start[0] if verb != "withdraw_application" else "SUBMITTED", who, **fields)
    if verb == "convert_application":
        return made.application_in("SUBMITTED", who, **fields)
    if verb in SHOP_FILING.verbs or verb in ("ask_filing_correction", "answer_filing_correction", "file_change"):
        settings.SHOP_FILING_FROM = {"44": dt.date(2026, 1, 1)}
        if verb == "answer_filing_correction":
            filed = made.filed(who, **fields)
            ACTS["ask_filing_correction"](filed, who.officer)
            return filed
        if verb in ("end_shop_filing", "ask_filing_correction", "file_change"):
            return made.filed(who, **fields)
        return shop_filings.start_shop_filing(who.organisation, by=who.manager, at=AT)
    licence = made.licence(who, **fields)
    if verb == "reinstate_licence":
        return ACTS["suspend_licence"](licence, who.chief)
    if verb in CHANGE.verbs:
        return changes.request_change(
            licence, item=ChangeItem.ADDRESS, new_value="新地址", reason="搬迁", by=who.manager, at=AT
        )
    if verb in SUSPENSION_REQUEST.verbs:
        return ACTS["request_suspension"](licence, who.manager)
    if verb in REVOCATION.verbs or verb == "state_case":
        return ACTS["propose_revocation"](licence, who.officer)
    return licence


def outcome(verb, record, by):
    try:
        ACTS[verb](record, by)
    except (NotFound, OutsideJurisdiction) as refused:
        return refused.status
    except DomainError as refused:
        return f"{type(refused).__name__} {refused}"
    return 200


def ours_and_others(who, area, city=None):
    ours = {OWNER: who.manager, OFFICER: who.officer, CHIEF: who.chief}
    ours["the shop's clerk"] = person("shop_clerk", place=who.organisation)
    return ours | places(area, city)


def check_everybody(verb, record, everybody):
    """Everybody tries; only who may gets through, and the others hear no more than is theirs to know."""
    of_the_place = {OFFICER, CHIEF, "the shop's clerk", OWNER}
    shops_verb = OWNER in WHO[verb]
    drafts = record.__class__ in (LicenceApplication, ShopFiling) and record.submitted_at is None
    for name, by in sorted(everybody.items()):
        if name in WHO[verb]:
            continue
        status = outcome(verb, record, by)
        looks_on = name in LOOKERS or name in of_the_place
        if shops_verb and len(WHO[verb]) == 1:
            expected = 403 if name == "the shop's clerk" else 404
        elif name == "the shop's clerk" and verb in ("collect_licence", "end_shop_filing"):
            expected = 403
        elif name in ("the shop's clerk", OWNER):
            expected = 404
        else:
            expected = 403 if looks_on and not drafts else 404
        assert status == expected, (name, status, expected)
    permitted = sorted(WHO[verb])
    assert outcome(verb, record, everybody[permitted[0]]) == 200


AIRPORT = 440091
POLICES = sorted(verb for verb in ACTS if WHO[verb] & {OFFICER, CHIEF})
# The shop's own verbs on records that carry their authority: tried as widely as what the police do.
SHOPS = ("state_case", "file_change", "request_suspension", "take_back_request")
ELSEWHERE = (440605, 441202, 441900, 442000)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("verb", "area"),
    [(verb, 440606) for verb in sorted(ACTS)]
    + [(v, area) for v in POLICES for area in (441900, 442000)]
    + [(verb, area) for verb in SHOPS for area in ELSEWHERE],
)
def test_only_the_one_whose_act_it_is(verb, area, settings):
    """A county, and the two cities without counties, whose own code is the county-level authority.

    The shop's verbs also in another county of the city and in another city.
    """
    who = made.cast(area)
    record = record_for(verb, who, settings)
    if verb == "convert_application":
        settings.SHOP_FILING_FROM = {"44": dt.date(2026, 1, 1)}
    check_everybody(verb, record, ours_and_others(who, area))


@pytest.mark.django_db
@pytest.mark.parametrize("verb", [*POLICES, *SHOPS])
def test_the_airport_police_are_the_county_of_their_premises(verb, settings):
    """Carved out of a county: its own officers and the city around it know nothing of what the airport decides."""
    authority(440606)
    who = made.cast(440606, authority_no=AIRPORT)
    Premises.objects.create(authority=authority(AIRPORT), name="测试航站区", area=440606, code="test-terminal")
    record = record_for(verb, who, settings, premises_code="test-terminal")
    assert record.authority_no == AIRPORT
    everybody = ours_and_others(who, 440606, city=440600)
    surrounding = person("county_officer", place=authority(440606).organisation)
    outside = {"officer of the county around": surrounding, "city around": everybody.pop("city")}
    assert {outcome(verb, record, by) for by in outside.values()} == {404}
    check_everybody(verb, record, everybody)


@pytest.mark.django_db
def test_lists_show_the_same_people_the_same_records(settings):
    settings.SHOP_FILING_FROM = {"4419": dt.date(2026, 1, 1)}
    who, elsewhere = made.cast(), made.cast(441900)
    licence = made.licence(who)
    filed = made.filed(elsewhere)
    ACTS["file_change"](filed, elsewhere.manager)
    revocation = ACTS["propose_revocation"](licence, who.officer)
    ACTS["state_case"](revocation, who.manager)
    change = changes.request_change(
        licence, item=ChangeItem.NAME, new_value="新名称", reason="更名", by=who.manager, at=AT
    )
    everybody = places(440606) | {OWNER: who.manager, OFFICER: who.officer, CHIEF: who.chief}
    may_see = {OFFICER, CHIEF, "city", "province", *(LOOKERS - {"city", "province"})}
    for name, by in everybody.items():
        known = name in may_see
        assert LicenceApplication.objects.visible_to(by).exists() is (known or name == OWNER), name
        assert SpecialTradeLicence.objects.visible_to(by).exists() is (known or name == OWNER), name
        assert LicenceChange.objects.visible_to(by).filter(pk=change.pk).exists() is (known or name == OWNER), name
        proposals = RevocationProposal.objects.visible_to(by).filter(pk=revocation.pk)
        assert proposals.exists() is (known or name == OWNER), name
        assert RevocationStatement.objects.visible_to(by).exists() is (known or name == OWNER), name
        changes_seen = ShopFilingChange.objects.visible_to(by).exists()
        assert changes_seen is ShopFiling.objects.visible_to(by).exists(), name
        assert ShopFiling.objects.visible_to(by).exists() is (known and name not in (OFFICER, CHIEF, "city")), name


@pytest.mark.django_db
def test_the_airport_police_decide_in_their_premises_alone():
    from_airport = made.cast(440606, authority_no=440091)
    who = made.cast()
    application = made.submitted(who)
    for by in (from_airport.officer, from_airport.chief):
        assert outcome("accept_application", application, by) == 404
        assert not LicenceApplication.objects.visible_to(by).exists()
