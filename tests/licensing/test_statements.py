"""What a shop states against a proposed revocation (陈述申辩): kept, told, read before anybody decides."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.access import may_read_statement
from licensing.choices import RevokeGround
from licensing.models import RevocationProposal, RevocationStatement
from licensing.services.licences import confirm_revocation, drop_revocation, propose_revocation
from licensing.services.statements import MOST, state_case
from sealreg.audit.selectors import search_events
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.notices.models import Notice
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.licensing.test_police_licence_pages import opened, sent
from tests.licensing.test_shop_opening_pages import scan, text
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
LATER = AT + dt.timedelta(hours=3)
SAID = "平面图系按现场测绘。\n附设计单位证明。"


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def proposal(who):
    return propose_revocation(
        made.licence(who), ground=RevokeGround.DECEIT, reason="平面图系伪造", by=who.officer, at=AT
    )


def fresh(proposal):
    return RevocationProposal.objects.select_related("licence__shop").get(pk=proposal.pk)


def state(proposal, who, said=SAID, **given):
    return state_case(proposal, text=said, by=who.manager, at=LATER, **given)


def test_what_was_said_is_kept_with_its_paper_audited_and_told_to_both_officers(proposal, who):
    one = state(proposal, who, paper=made.paper("OTHER", by=who.manager))
    assert (one.text, one.stated_by, one.stated_at) == (SAID, who.manager.number, LATER)
    assert one.paper.subject_id == one.number
    event = search_events(subject=("revocation", proposal.number)).get(event="licensing.revocation_stated")
    assert event.facts == {"licence": proposal.licence.number, "statement": one.number}
    assert event.authority_no == proposal.authority_no
    for user in (who.officer, who.chief):
        told = Notice.objects.get(user=user, template="licensing.revocation_stated")
        assert proposal.number in told.link
    state(proposal, who, "再补充一点。")
    assert [one.text for one in proposal.statements.all()] == [SAID, "再补充一点。"]


@pytest.mark.parametrize("decide", [confirm_revocation, drop_revocation])
def test_a_decision_on_a_page_older_than_a_statement_is_refused_and_says_so(proposal, who, decide):
    seen = proposal.version
    state(proposal, who)
    with pytest.raises(Conflict, match="2026-06-09 13:00提交了新的陈述申辩"):
        decide(fresh(proposal), decision="情况属实", by=who.chief, at=LATER, expected_version=seen)
    with pytest.raises(Conflict, match="新的陈述申辩"):  # the record itself was read before
        decide(proposal, decision="情况属实", by=who.chief, at=LATER)
    now = fresh(proposal)
    assert now.status == "PROPOSED"
    assert decide(now, decision="情况属实", by=who.chief, at=LATER, expected_version=now.version).status != "PROPOSED"


def test_once_decided_nothing_more_is_taken_by_service_or_sql(proposal, who):
    drop_revocation(proposal, decision="证据不足", by=who.chief, at=LATER)
    with pytest.raises(IllegalMove):
        state(proposal, who)
    with pytest.raises(DatabaseError, match="before it is decided"), transaction.atomic():
        RevocationStatement.objects.create(
            proposal=proposal, text="迟到的话", stated_by=who.manager.number, stated_by_name="某", stated_at=LATER
        )
    assert not RevocationStatement.objects.exists()


def test_nobody_changes_or_removes_what_was_said(proposal, who):
    state(proposal, who)
    for sql in ("UPDATE licensing_revocationstatement SET text = 'x'", "DELETE FROM licensing_revocationstatement"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert RevocationStatement.objects.get().text == SAID


@pytest.mark.parametrize(
    ("said", "words"), [("", "请填写"), ("  \n ", "请填写"), ("字" * 2001, "不能超过2000"), ("甲\0乙", "无法保存")]
)
def test_what_cannot_be_kept_is_told_at_the_field(proposal, who, said, words):
    with pytest.raises(RuleBroken) as refused:
        state(proposal, who, said)
    assert refused.value.reason == "statement_missing"
    assert words in str(refused.value.fields["text"])


def test_there_is_an_end_to_it(proposal, who):
    for _ in range(MOST):
        state(proposal, who)
    with pytest.raises(RuleBroken) as refused:
        state(proposal, who)
    assert refused.value.reason == "statement_too_many"
    assert proposal.statements.count() == MOST


def test_its_paper_is_the_shops_and_the_countys(proposal, who):
    one = state(proposal, who, paper=made.paper("OTHER", by=who.manager))
    stranger = person("county_officer", place=authority(440605).organisation)
    readers = {who.manager: True, who.officer: True, who.chief: True, stranger: False, person("shop_manager"): False}
    readers |= {person("province_officer"): True, person("legal_reader"): False, person(): False}
    assert {user: may_read_statement(user, one.number) for user in readers} == readers


# The shop's pages


def page(proposal, act=False):
    return reverse("shop_revocation_state" if act else "shop_revocation", args=[proposal.number])


def test_the_shop_is_led_to_it_and_states_its_case_by_form(proposal, who):
    browser = client_of(who.manager)
    assert page(proposal) in text(browser.get("/shop/licence/"))
    shown = text(browser.get(page(proposal)))
    for words in ("平面图系伪造", "以欺骗、贿赂", "作出决定前，许可证不受本意见影响", page(proposal, act=True)):
        assert words in shown
    assert who.officer.actor_name not in shown  # the authority speaks to the shop, not a person
    form = browser.get(page(proposal, act=True)).context["form"]
    sent = {"form_key": str(form["form_key"].value()), "text": SAID, "paper": scan()}
    answer = browser.post(page(proposal, act=True), sent)
    assert answer.url == page(proposal)
    shown = text(browser.get(answer.url))
    for words in ("平面图系按现场测绘。<br>附设计单位证明。", "scan.png", "补充陈述申辩"):
        assert words in shown
    sent["paper"] = scan()
    assert browser.post(page(proposal, act=True), sent).url == page(proposal)  # sent twice, said once
    assert RevocationStatement.objects.count() == 1


def test_a_fault_stands_at_the_field_and_nothing_typed_is_lost(proposal, who):
    browser = client_of(who.manager)
    wrong = text(browser.post(page(proposal, act=True), {"text": "", "paper": scan()}), 422)
    assert "#id_text" in wrong
    assert "scan.png" in wrong  # the file need not be chosen again
    wrong = text(browser.post(page(proposal, act=True), {"text": "说" * 2001}), 422)
    assert "说" * 2001 in wrong


def test_decided_meanwhile_it_is_refused_with_what_changed(proposal, who):
    browser = client_of(who.manager)
    drop_revocation(proposal, decision="证据不足", by=who.chief, at=LATER)
    assert "已作出决定" in text(browser.post(page(proposal, act=True), {"text": SAID}), 409)
    assert browser.get(page(proposal, act=True)).status_code == 409
    shown = text(browser.get(page(proposal)))
    assert "证据不足" in shown
    assert page(proposal, act=True) not in shown
    assert page(proposal) not in text(browser.get("/shop/licence/"))


def test_clerk_reads_and_strangers_know_nothing(proposal, who):
    clerk = client_of(person("shop_clerk", place=who.organisation))
    assert "陈述申辩由企业负责人提交" in text(clerk.get(page(proposal)))
    assert clerk.get(page(proposal, act=True)).status_code == 403
    stranger = client_of(person("shop_manager"))
    assert stranger.get(page(proposal)).status_code == 404
    assert stranger.post(page(proposal, act=True), {"text": SAID}).status_code == 404
    assert client_of(who.officer).get(page(proposal)).status_code == 403
    assert not RevocationStatement.objects.exists()


def test_the_page_takes_as_many_queries_for_many_as_for_one(proposal, who, django_assert_num_queries):
    browser = client_of(who.manager)
    state(proposal, who)
    browser.get(page(proposal))
    with CaptureQueriesContext(connection) as one:
        browser.get(page(proposal))
    for _ in range(6):
        state(proposal, who, paper=made.paper("OTHER", by=who.manager))
    with django_assert_num_queries(len(one)):
        browser.get(page(proposal))


# What the officers see before they decide


def test_both_officers_read_it_before_and_an_older_page_decides_nothing(proposal, who):
    officer, chief = client_of(who.officer), client_of(who.chief)
    here = reverse("police_revocation", args=[proposal.number])
    confirm = reverse("police_revocation_act", args=[proposal.number, "confirm-revocation"])
    assert "企业没有提交陈述申辩" in text(chief.get(confirm))
    kept = opened(chief, confirm)
    state(proposal, who, paper=made.paper("OTHER", by=who.manager))
    late = text(chief.post(confirm, kept | {"decision": "事实清楚"}), 409)
    assert "新的陈述申辩" in late
    assert here in late
    assert fresh(proposal).status == "PROPOSED"
    for browser, path in ((officer, here), (chief, here), (chief, confirm)):
        shown = text(browser.get(path))
        assert "平面图系按现场测绘。<br>附设计单位证明。" in shown
        assert "paper.png" in shown
    assert sent(chief, confirm, decision="陈述已阅，事实清楚").status_code == 302
    assert "平面图系按现场测绘。" in text(officer.get(here))


def test_onlookers_read_what_was_said_but_not_its_paper(proposal, who):
    state(proposal, who, paper=made.paper("OTHER", by=who.manager))
    here = reverse("police_revocation", args=[proposal.number])
    shown = text(client_of(person("legal_reader")).get(here))
    assert "平面图系按现场测绘。" in shown
    assert "paper.png" in shown
    assert "/attachments/" not in shown
    assert client_of(person("county_officer", place=authority(440605).organisation)).get(here).status_code == 404
