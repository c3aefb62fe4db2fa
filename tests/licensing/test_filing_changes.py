"""Changes of what a shop filed (备案变更): in effect when filed, old and new kept, the county looks afterwards."""

import csv
import datetime as dt
import io

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.access import may_read_filing_change
from licensing.choices import EndGround, FilingItem
from licensing.models import EngravingShop, ShopFiling, ShopFilingChange
from licensing.requests import CorrectionAnswer, FilingChangeRequest, ItemAsked
from licensing.selectors import may_engrave
from licensing.services.corrections import answer_filing_correction, ask_filing_correction
from licensing.services.filing_changes import file_change
from licensing.services.shop_filings import end_shop_filing
from sealreg.audit.selectors import search_events
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.notices.models import Notice
from sealreg.outbox.models import OutboxMessage
from sealreg.units import synthetic
from sealreg.units.identifiers import document_index
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.factories.units import unit
from tests.licensing.test_police_licence_pages import opened
from tests.licensing.test_shop_opening_pages import scan, text
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
LATER = AT + dt.timedelta(days=40)
NEW_NUMBER = synthetic.identity_number(710_001)


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def filing(who, settings):
    settings.SHOP_FILING_FROM = {"44": dt.date(2026, 1, 1)}
    return made.filed(who)


def fresh(filing):
    return ShopFiling.objects.select_related("organisation", "shop").get(pk=filing.pk)


def change(filing, who, item="shop_name", value="顺德换名印章店", **given):
    return file_change(filing, FilingChangeRequest(item, value, **given), by=who.manager, at=LATER)


@pytest.mark.parametrize(
    ("item", "value", "where"),
    [
        ("shop_name", "顺德换名印章店", lambda shop: shop.organisation.name),
        ("address", "大良街道新桂路8号二层", lambda shop: shop.address),
    ],
)
def test_in_effect_when_filed_old_and_new_are_kept_and_the_register_follows(filing, who, item, value, where):
    old = getattr(filing, item)
    one = change(filing, who, item, value, paper=made.paper("OTHER", by=who.manager))
    assert (one.old_value, one.new_value, one.filed_at, one.filed_by) == (old, value, LATER, who.manager.number)
    assert one.paper.subject_id == one.number
    now = fresh(filing)
    assert (getattr(now, item), now.status, now.version) == (value, "FILED", one.filing.version + 1)
    assert where(EngravingShop.objects.select_related("organisation").get(pk=filing.shop_id)) == value
    assert may_engrave(now.shop)  # nobody was asked
    event = search_events(subject=("shop_filing", filing.number)).get(event="licensing.filing_changed")
    assert event.facts == {"item": item, "change": one.number}
    for user in (who.officer, who.chief):
        assert Notice.objects.get(user=user, template="licensing.filing_changed_county").params["number"]
    assert Notice.objects.filter(user=who.manager, template="licensing.filing_changed").count() == 1
    assert OutboxMessage.objects.filter(topic="licensing.shop_filing_changed").count() == 1


def test_another_legal_representative_brings_the_document_and_the_former_is_kept(filing, who):
    former = filing.legal_document_no
    one = change(filing, who, "legal_representative", "新任店主", document="RESIDENT_ID", document_no=NEW_NUMBER)
    now = fresh(filing)
    assert (now.legal_representative, now.legal_document_no) == ("新任店主", NEW_NUMBER)
    assert bytes(now.legal_document_index) == document_index(NEW_NUMBER)
    kept = ShopFilingChange.objects.get(pk=one.pk)
    assert (kept.old_value, kept.old_document, kept.old_document_no) == ("测试店主", "RESIDENT_ID", former)
    namesake = synthetic.identity_number(710_002)
    change(now, who, "legal_representative", "新任店主", document="RESIDENT_ID", document_no=namesake)
    assert fresh(filing).legal_document_no == namesake


def test_a_name_the_registry_does_not_confirm_is_marked_so(filing, who):
    assert not filing.confirmed_by_registry
    some = unit(name="顺德核名印章店", credit_code=filing.credit_code)
    assert some.is_confirmed
    change(filing, who, value="顺德核名印章店")
    assert fresh(filing).confirmed_by_registry
    change(fresh(filing), who, value="顺德未核印章店")
    assert not fresh(filing).confirmed_by_registry


@pytest.mark.parametrize(
    ("item", "value", "given", "fields"),
    [
        ("shop_name", " ", {}, {"new_value"}),
        ("shop_name", "字" * 101, {}, {"new_value"}),
        ("address", "字" * 161, {}, {"new_value"}),
        ("address", "大良街道测试路9号", {}, {"new_value"}),  # as it is
        ("phone", "0757-22330000", {}, {"item"}),
        ("legal_representative", "", {"document": "RESIDENT_ID", "document_no": "1"}, {"new_value", "document_no"}),
        ("legal_representative", "新任店主", {}, {"document_no"}),
    ],
)
def test_every_fault_is_told_at_its_field(filing, who, item, value, given, fields):
    with pytest.raises(RuleBroken) as refused:
        change(filing, who, item, value, **given)
    assert set(refused.value.fields) == fields
    assert not ShopFilingChange.objects.exists()


def test_from_an_older_page_it_is_refused_and_says_what_changed(filing, who):
    seen, older = filing.version, fresh(filing)
    change(filing, who)
    asked = FilingChangeRequest("address", "大良街道新桂路8号")
    with pytest.raises(Conflict, match="企业名称变更为“顺德换名印章店”"):
        file_change(fresh(filing), asked, by=who.manager, at=LATER, expected_version=seen)
    with pytest.raises(Conflict):
        file_change(older, asked, by=who.manager, at=LATER)
    assert fresh(filing).address == "大良街道测试路9号"


def test_only_while_the_filing_is_in_force_by_service_and_by_sql(filing, who):
    ended = end_shop_filing(filing, ground=EndGround.SHOP_STOPPED, reason="停业", by=who.manager, at=AT)
    with pytest.raises(IllegalMove):
        change(ended, who)
    with pytest.raises(DatabaseError, match="while it is in force"), transaction.atomic():
        ShopFilingChange.objects.create(
            filing=ended, item="address", old_value="甲", new_value="乙", filed_by=who.manager.number, filed_at=LATER
        )


def test_nobody_rewrites_what_was_filed(filing, who):
    change(filing, who)
    for sql in ("UPDATE licensing_shopfilingchange SET new_value = 'x'", "DELETE FROM licensing_shopfilingchange"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    for wrong in (
        {"item": "phone", "old_value": "1", "new_value": "2"},
        {"item": "address", "old_value": "同", "new_value": "同"},
        {"item": "address", "old_value": "甲", "new_value": "乙", "old_document": "RESIDENT_ID"},
    ):
        with pytest.raises(DatabaseError, match="filing_change_"), transaction.atomic():
            ShopFilingChange.objects.create(filing=filing, filed_by="X", filed_at=LATER, **wrong)


def test_the_county_asks_for_a_correction_afterwards_and_the_register_follows_the_answer(filing, who):
    change(filing, who, "address", "大良街道新桂路8好")
    now = fresh(filing)
    ask_filing_correction(now, items=[ItemAsked("address", "门牌号有误。")], by=who.officer, at=LATER)
    assert may_engrave(now.shop)
    said = CorrectionAnswer({"address": "已更正"}, {}, {"address": "大良街道新桂路8号"})
    answer_filing_correction(now, said, by=who.manager, at=LATER)
    assert fresh(filing).address == "大良街道新桂路8号"
    assert EngravingShop.objects.get(pk=filing.shop_id).address == "大良街道新桂路8号"


def test_its_paper_is_the_shops_and_the_countys(filing, who):
    one = change(filing, who, paper=made.paper("OTHER", by=who.manager))
    stranger = person("county_officer", place=authority(440605).organisation)
    readers = {who.manager: True, who.officer: True, who.chief: True, stranger: False, person("shop_manager"): False}
    readers |= {person("legal_reader"): False, person(): False}
    assert {user: may_read_filing_change(user, one.number) for user in readers} == readers


# Pages


def home(filing):
    return reverse("shop_filing_changes", args=[filing.number])


def form_of(filing, item):
    return reverse("shop_filing_change_new", args=[filing.number, item])


def test_the_shop_files_each_item_by_form_and_sees_old_and_new(filing, who):
    browser = client_of(who.manager)
    assert home(filing) in text(browser.get("/shop/licence/"))
    assert home(filing) in text(browser.get(reverse("shop_own_filing", args=[filing.number])))
    shown = text(browser.get(home(filing)))
    for words in ("印铸刻字业暂行管理规则", "还没有变更", *(form_of(filing, item) for item in ("name", "address"))):
        assert words in shown
    assert filing.legal_document_no not in shown
    sent = {
        "legal-representative": {
            "new_value": "新任店主", "legal_document": "RESIDENT_ID", "document_no": NEW_NUMBER, "paper": scan(),
        },
        "name": {"new_value": "顺德换名印章店"},
        "address": {"new_value": "大良街道新桂路8号"},
    }  # fmt: skip
    for item, fields in sent.items():
        path = form_of(filing, item)
        kept = opened(browser, path)
        assert browser.post(path, kept | fields).url == home(filing)
        fields.pop("paper", None)
        assert browser.post(path, kept | fields).url == home(filing)  # the same again, once
    assert ShopFilingChange.objects.count() == len(FilingItem)
    shown = text(browser.get(home(filing)))
    for words in ("测试店主", "新任店主", "顺德换名印章店", "大良街道测试路9号", "大良街道新桂路8号", "scan.png"):
        assert words in shown
    assert NEW_NUMBER not in shown
    rows = list(csv.reader(io.StringIO(b"".join(browser.get(home(filing), {"export": "csv"})).decode("utf-8-sig"))))
    assert len(rows) >= 4


def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(filing, who):
    browser = client_of(who.manager)
    path = form_of(filing, "legal-representative")
    wrong = {"new_value": "新任店主", "legal_document": "RESIDENT_ID", "document_no": "123", "paper": scan()}
    shown = text(browser.post(path, opened(browser, path) | wrong), 422)
    for words in ("#id_document_no", 'value="新任店主"', 'value="123"', "scan.png"):
        assert words in shown
    path = form_of(filing, "address")
    shown = text(browser.post(path, opened(browser, path) | {"new_value": "大良街道测试路9号"}), 422)
    assert "内容相同" in shown


def test_a_stale_page_and_an_ended_filing_answer_409_and_the_rest_404(filing, who):
    browser = client_of(who.manager)
    path = form_of(filing, "address")
    kept = opened(browser, path)
    change(filing, who)
    late = text(browser.post(path, kept | {"new_value": "大良街道新桂路8号"}), 409)
    assert "顺德换名印章店" in late
    assert 'value="大良街道新桂路8号"' in late
    assert browser.get(form_of(filing, "phone")).status_code == 404
    end_shop_filing(fresh(filing), ground=EndGround.SHOP_STOPPED, reason="停业", by=who.manager, at=LATER)
    assert browser.get(path).status_code == 409
    assert browser.post(path, {"new_value": "大良街道新桂路8号"}).status_code == 409
    assert path not in text(browser.get(home(filing)))


def test_clerk_reads_and_strangers_know_nothing(filing, who):
    clerk = client_of(person("shop_clerk", place=who.organisation))
    shown = text(clerk.get(home(filing)))
    assert form_of(filing, "name") not in shown
    assert clerk.get(form_of(filing, "name")).status_code == 403
    stranger = client_of(person("shop_manager"))
    assert stranger.get(home(filing)).status_code == 404
    assert stranger.post(form_of(filing, "name"), {"new_value": "别人的店"}).status_code == 404
    assert client_of(who.officer).get(home(filing)).status_code == 403


def test_the_county_sees_it_afterwards_and_onlookers_no_person(filing, who):
    change(filing, who, "legal_representative", "新任店主", document="RESIDENT_ID", document_no=NEW_NUMBER)
    change(fresh(filing), who, paper=made.paper("OTHER", by=who.manager))
    officer = client_of(who.officer)
    page = reverse("police_shop_filing", args=[filing.number])
    shown = text(officer.get(page))
    for words in ("备案变更", "新任店主", "顺德换名印章店", "paper.png", "ask-filing-correction"):
        assert words in shown
    assert NEW_NUMBER not in shown
    listing = reverse("police_shop_filings")
    assert filing.number in text(officer.get(listing, {"view": "changed"}))
    other = made.filed(made.cast())
    assert other.number not in text(officer.get(listing, {"view": "changed"}))
    seen = text(client_of(person("legal_reader")).get(page))
    assert "顺德换名印章店" in seen
    assert "新任店主" not in seen
    stranger = client_of(person("county_officer", place=authority(440605).organisation))
    assert stranger.get(page).status_code == 404


@pytest.mark.parametrize("role", ["manager", "officer"])
def test_pages_take_as_many_queries_for_many_as_for_one(filing, who, role, django_assert_num_queries):
    browser = client_of(getattr(who, role))
    paths = [reverse("police_shop_filing", args=[filing.number])] if role == "officer" else [home(filing)]
    change(filing, who)
    counts = []
    for path in paths:
        browser.get(path)
        with CaptureQueriesContext(connection) as one:
            browser.get(path)
        counts.append(len(one))
    for number in range(5):
        change(fresh(filing), who, value=f"第{number}次更名", paper=made.paper("OTHER", by=who.manager))
    for path, count in zip(paths, counts, strict=True):
        with django_assert_num_queries(count):
            browser.get(path)
