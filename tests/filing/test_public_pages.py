"""The public's pages (公众查询页面): what they show, what they never show, what a wrong try gets."""

import datetime as dt

import pytest

from filing.looking_up import PER_NUMBER
from filing.models import Disavowal, Rating, Seal
from filing.services.delivery import deliver_seal
from sealreg.units.models import RegistryState, Unit
from tests.factories import filing as made
from tests.factories.filing import TUESDAY_TEN
from tests.factories.units import unit as some_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def filing(clerk, place):
    return made.submitted(clerk, made.request_for(place))


def facts_of(filing, **more):
    return {"number": filing.number, "second_fact": filing.unit.credit_code[-6:]} | more


def delivered(clerk, place) -> Seal:
    seal = made.filed(clerk, made.request_for(place)).seals.get()
    return deliver_seal(seal, made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=TUESDAY_TEN)


class TestProgress:
    def test_right_pair_shows_steps_and_no_person(self, client, filing):
        answer = client.post("/progress/", facts_of(filing))
        page = answer.content.decode()
        assert answer.status_code == 200
        assert filing.seals.get().code in page
        for secret in (filing.handler_name, filing.handler_id, filing.handler_phone, filing.unit.legal_representative):
            assert secret not in page

    def test_what_is_collected_is_said_with_its_time(self, client, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        assert "可以领取。" in client.post("/progress/", facts_of(filing)).content.decode()
        deliver_seal(filing.seals.get(), made.handler(), made.paper("IMPRINT_CARD", by=clerk), by=clerk, at=TUESDAY_TEN)
        page = client.post("/progress/", facts_of(filing)).content.decode()
        assert "已全部领取。" in page
        assert page.count(f"{TUESDAY_TEN:%Y-%m-%d %H:%M}") >= 2

    def test_whose_limit_runs_is_said(self, client, clerk, place, filing):
        assert "办结时限：" in client.post("/progress/", facts_of(filing)).content.decode()
        old = some_unit(established_on=dt.date(2015, 1, 1))
        slow = made.submitted(clerk, made.request_for(place, unit=old))
        page = client.post("/progress/", facts_of(slow)).content.decode()
        assert "只适用于新办企业" in page
        assert "办结时限：" not in page

    @pytest.mark.parametrize("wrong", [{"second_fact": "000000"}, {"number": "000000000000"}])
    def test_any_miss_gets_the_same_page(self, client, filing, wrong):
        answer = client.post("/progress/", facts_of(filing) | wrong)
        assert answer.status_code == 200
        assert "未查到" in answer.content.decode()
        assert filing.seals.get().code not in answer.content.decode()

    @pytest.mark.parametrize("typed", ["", "x", "\x00" * 12, "１２３", "字" * 600])
    def test_bad_input_is_told_at_the_field_and_kept(self, client, typed):
        answer = client.post("/progress/", {"number": typed, "second_fact": "12345\x00"})
        assert answer.status_code == 422
        assert "error-summary" in answer.content.decode()

    def test_guessing_is_stopped(self, client, filing):
        for _ in range(PER_NUMBER.tries):
            assert client.post("/progress/", facts_of(filing, second_fact="000000")).status_code == 200
        stopped = client.post("/progress/", facts_of(filing))
        assert stopped.status_code == 429
        assert int(stopped["Retry-After"]) > 0

    def test_asking_rightly_is_never_stopped(self, client, filing):
        for _ in range(PER_NUMBER.tries + 5):
            assert client.post("/progress/", facts_of(filing)).status_code == 200

    def test_english(self, client, filing):
        answer = client.get("/progress/", HTTP_ACCEPT_LANGUAGE="en")
        assert 'lang="en"' in answer.content.decode()


class TestUnitSpeaks:
    def test_disavowal_stops_delivery_and_is_recorded_once(self, client, filing):
        for _ in range(2):
            answer = client.post("/progress/disavow/", facts_of(filing, sure="on", remark=""))
        assert Disavowal.objects.filter(filing=filing, lifted_at=None).count() == 1
        assert answer.status_code == 422

    def test_the_page_after_the_statement_calls_nobody_to_collect(self, client, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        page = client.post("/progress/disavow/", facts_of(filing, sure="on", remark="")).content.decode()
        assert "已收到声明" in page
        assert "请经办人携带有效证件" not in page
        assert "待领取" not in page

    def test_after_collection_the_page_says_what_is_left_to_do(self, client, clerk, place):
        page = client.post("/progress/", facts_of(delivered(clerk, place).filing)).content.decode()
        assert "办理挂失" in page
        assert 'action="/progress/disavow/"' not in page

    def test_disavowal_needs_the_confirmation_and_both_facts(self, client, filing):
        assert client.post("/progress/disavow/", facts_of(filing)).status_code == 422
        assert client.post("/progress/disavow/", facts_of(filing, second_fact="000000", sure="on")).status_code == 404
        assert not Disavowal.objects.exists()

    def test_rating_after_collection(self, client, clerk, place):
        filing = delivered(clerk, place).filing
        assert "非常满意" in client.post("/progress/", facts_of(filing)).content.decode()
        assert client.post("/progress/rate/", facts_of(filing, grade="5")).status_code == 200
        assert Rating.objects.get(filing=filing).grade == 5
        assert "非常满意" not in client.post("/progress/", facts_of(filing)).content.decode()


class TestCheck:
    def test_collected_seal_is_found_by_code_and_holder(self, client, clerk, place):
        seal = delivered(clerk, place)
        page = client.post("/check/", {"code": seal.code, "holder": seal.unit.name}).content.decode()
        assert "查到有效备案" in page
        assert "真章" not in page
        assert seal.unit.legal_representative not in page

    def test_not_yet_filed_is_said_plainly(self, client, filing):
        page = client.post("/check/", {"code": filing.seals.get().code, "holder": filing.unit.name}).content.decode()
        assert "编码已登记，尚无有效备案" in page
        assert "刻章企业已承接，正在制作" in page
        assert "查到备案，但" not in page

    def test_not_yet_collected_is_said_plainly(self, client, clerk, place):
        filing = made.filed(clerk, made.request_for(place))
        page = client.post("/check/", {"code": filing.seals.get().code, "holder": filing.unit.name}).content.decode()
        assert "查到备案，但目前不能使用" in page
        assert "该印章尚未领取" in page

    def test_seal_of_a_unit_that_was_cancelled_is_not_called_valid(self, client, clerk, place):
        seal = delivered(clerk, place)
        Unit.objects.filter(pk=seal.unit_id).update(registry_state=RegistryState.CANCELLED)
        page = client.post("/check/", {"code": seal.code, "holder": seal.unit.credit_code}).content.decode()
        assert "查到有效备案" not in page
        assert "使用单位已注销" in page

    @pytest.mark.parametrize(
        ("holder", "told"),
        [("91449999Y0000CT72M", "校验"), ("440606000000001", "15位"), ("９１４４９９９９Ｙ００００ＣＴ７２Ｍ", "校验")],
    )
    def test_a_code_with_a_slip_is_told_at_its_field(self, client, holder, told):
        answer = client.post("/check/", {"code": "4406060000001", "holder": holder})
        page = answer.content.decode()
        assert (answer.status_code, "#id_holder" in page, told in page, "未查到" in page) == (422, True, True, False)

    @pytest.mark.parametrize("holder", ["3M", "ABCDEFGHIJKLMNOPQR", "1号茶馆", "9" * 30])
    def test_any_other_text_is_a_name(self, client, holder):
        assert "未查到" in client.post("/check/", {"code": "4406060000001", "holder": holder}).content.decode()

    def test_holder_is_read_as_people_write_it(self, client, clerk, place):
        seal = delivered(clerk, place)
        for typed in (
            f" {seal.unit.name[:4]} {seal.unit.name[4:]}",
            f"{seal.unit.credit_code[:8]} {seal.unit.credit_code[8:]}".lower(),
        ):
            assert "查到有效备案" in client.post("/check/", {"code": seal.code, "holder": typed}).content.decode()

    def test_miss(self, client, clerk, place):
        seal = delivered(clerk, place)
        for code, holder in ((seal.code, "别的单位"), ("4406069999999", seal.unit.name)):
            assert "未查到" in client.post("/check/", {"code": code, "holder": holder}).content.decode()
