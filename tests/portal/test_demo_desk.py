"""The desk of the demonstration (演示台): its clock, its switches, its tour."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from filing.imprint import measure_imprint
from filing.services.drafts import start_draft
from filing.services.making import bind_chip, complete_filing
from filing.services.submission import submit_filing
from integration.agency_http import AgencyClient, Answer
from licensing.demo import load_shops
from sealreg import clock
from sealreg.accounts.demo import load_cast
from sealreg.accounts.models import User
from sealreg.accounts.second_factor import code_at
from sealreg.audit.models import AuditEvent
from sealreg.audit.services import record
from sealreg.clock import now, real_now
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken
from sealreg.outbox.models import OutboxDelivery
from sealreg.portal import demo_clock, demo_switches
from sealreg.portal.demo_clock import ahead, move_clock, return_clock
from sealreg.portal.demo_tour import tour_of
from sealreg.portal.models import DemoClock
from sealreg.units import synthetic
from tests.factories import filing as made
from tests.factories.accounts import PASSWORD, SECRET, person, with_second_factor
from tests.factories.units import unit as some_unit
from tests.portal.signing_in import client_of

PRESENTER = SystemActor("demonstration")
DAY = dt.timedelta(days=1)
CODE = synthetic.credit_code(612_345)
pytestmark = pytest.mark.django_db


@pytest.fixture
def moving(settings) -> Iterator[None]:
    """The movable clock as the local stack has it (启用演示时钟)."""
    settings.DEMO_CLOCK = True
    before = clock._offset
    ahead.value, ahead.until = dt.timedelta(), 0.0
    assert demo_clock.install()
    yield
    clock.shift_by(before)
    ahead.value, ahead.until = dt.timedelta(), 0.0


def text(answer) -> str:
    return answer.content.decode()


# the clock


def test_the_domain_moves_and_real_time_stays(moving):
    at = real_now()
    move_clock(at + 3 * DAY, by=PRESENTER, at=at)
    assert abs(now() - real_now() - dt.timedelta(days=3)) < dt.timedelta(seconds=2)
    assert abs(real_now() - at) < dt.timedelta(minutes=1)
    assert clock.today() == (real_now() + clock.moved_by()).date()


def test_it_only_goes_forward_and_not_too_far(moving):
    at = real_now()
    move_clock(at + 3 * DAY, by=PRESENTER, at=at)
    for target in (at, at + 2 * DAY, at + 401 * DAY):
        with pytest.raises(RuleBroken) as refused:
            move_clock(target, by=PRESENTER, at=at)
        assert refused.value.fields.keys() == {"date"}
    assert DemoClock.objects.get().ahead_seconds == 3 * 86_400


def test_the_way_back_is_open_until_something_is_recorded_later(moving):
    at = real_now()
    move_clock(at + DAY, by=PRESENTER, at=at)
    return_clock(by=PRESENTER, at=at + dt.timedelta(seconds=1))
    assert clock.moved_by() == dt.timedelta()
    move_clock(at + DAY, by=PRESENTER, at=at + dt.timedelta(seconds=2))
    with transaction(PRESENTER):
        record("portal.audit_exported", by=PRESENTER, at=now(), subject=("user", "1"))
    with pytest.raises(RuleBroken) as refused:
        return_clock(by=PRESENTER, at=real_now())
    assert refused.value.reason == "clock_has_records"
    # When real time has caught up, nothing is later any more.
    return_clock(by=PRESENTER, at=at + 2 * DAY)


def test_moving_is_audited_at_real_time(moving):
    move_clock(real_now() + 9 * DAY, by=PRESENTER, at=real_now())
    event = AuditEvent.objects.get(event="portal.demo_clock_moved")
    assert event.at < real_now() + dt.timedelta(minutes=1)


def test_half_a_working_day_and_seven_working_days():
    friday = dt.datetime(2026, 6, 12, 16, 0, tzinfo=clock.SHANGHAI)
    assert demo_clock.after_half_a_working_day(friday) == dt.datetime(2026, 6, 15, 11, 0, tzinfo=clock.SHANGHAI)
    # 19 June 2026 is the Dragon Boat Festival.
    assert demo_clock.after_working_days(friday, 7).date() == dt.date(2026, 6, 24)


def test_no_table_no_move(moving, monkeypatch):
    """What happens while the tables are being made: the clock goes on."""
    monkeypatch.setattr(DemoClock._meta, "db_table", "portal_nowhere")
    assert now() - real_now() < dt.timedelta(seconds=1)


@pytest.mark.parametrize(("demo", "movable"), [(False, True), (True, False), (False, False)])
def test_without_the_settings_nothing_is_installed_and_nothing_moves(settings, demo, movable):
    settings.DEMO, settings.DEMO_CLOCK = demo, movable
    assert not demo_clock.install()
    for act in (lambda: move_clock(real_now() + DAY, by=PRESENTER, at=real_now()),
                lambda: return_clock(by=PRESENTER, at=real_now())):  # fmt: skip
        with pytest.raises(ImproperlyConfigured):
            act()
    assert clock.moved_by() == dt.timedelta()


def test_one_time_passwords_and_sessions_do_not_move(moving):
    officer = with_second_factor(person("county_officer"))
    move_clock(real_now() + 30 * DAY, by=PRESENTER, at=real_now())
    client = client_of(officer)
    assert client.get(reverse("security")).status_code == 200, "a session of today is not thirty days old"
    client = Client()
    client.post(reverse("sign_in"), {"username": officer.username, "password": PASSWORD})
    code = code_at(SECRET, real_now())
    assert client.post(reverse("second_factor"), {"code": code}).status_code == 302
    assert client.get(reverse("police_home")).status_code == 200
    client.post(reverse("sign_out"))
    assert AuditEvent.objects.get(event="accounts.signed_out").at < real_now() + DAY, (
        "protection is written in real time"
    )


def test_every_page_says_that_the_time_is_moved(moving, client):
    assert "演示时钟已拨快" not in text(client.get("/"))
    client.post(reverse("demo_clock"), {"step": "day"})
    for address in ("/", "/progress/", "/demo/"):
        assert "演示时钟已拨快" in text(client.get(address)), address


def test_the_steps_of_the_page(moving, client):
    for step, least in (("hour", 1 / 24), ("day", 1), ("half_day", 1.1), ("seven_days", 8)):
        assert client.post(reverse("demo_clock"), {"step": step}).status_code == 302
        assert clock.moved_by() >= DAY * least, step
    there = clock.today() + 20 * DAY
    assert client.post(reverse("demo_clock"), {"step": "date", "date": there.isoformat()}).status_code == 302
    assert (now().date(), now().hour) == (there, 9)
    answer = client.post(reverse("demo_clock"), {"step": "date", "date": "2018-01-01"})
    assert answer.status_code == 422
    assert "只能向前拨" in text(answer)
    assert "请选择日期" in text(client.post(reverse("demo_clock"), {"step": "date", "date": ""}))
    assert client.post(reverse("demo_clock"), {"step": "sideways"}).status_code == 422
    assert client.post(reverse("demo_clock"), {"step": "back"}).status_code == 302
    assert clock.moved_by() == dt.timedelta()


# the switches


@pytest.fixture
def mocks(settings, monkeypatch) -> dict[str, list]:
    """Both mocks answer from memory; every address asked is written down (模拟机关替身)."""
    seen: dict[str, list] = {"urls": [], "orders": []}
    state = {"mode": "none", "rate": 1.0, "seed": 1}

    class Stand(AgencyClient):
        def call(self, method, *segments, body=None, **kwargs):
            seen["urls"].append((self._origin, *segments))
            if segments[-1] == "faults":
                state.update(json.loads(body) if body else {})
                return Answer(200, json.dumps(state).encode())
            if segments[-1] == "enterprises":
                seen["orders"].append(json.loads(body))
                return Answer(201, json.dumps({"enterprise": {"uscc": CODE, "name": "岚枫科技有限公司"}}).encode())
            return Answer(200, json.dumps({"attempts": 7, "seals": 3}).encode())

    settings.REGISTRY_URL, settings.MINISTRY_URL = "http://127.0.0.1:18001", "http://127.0.0.1:18002"
    monkeypatch.setattr(demo_switches, "AgencyClient", Stand)
    return seen


def test_the_switches_show_and_set_what_the_mock_says(mocks, client):
    page = text(client.get(reverse("demo")))
    assert "收到印章" in page
    answer = client.post(
        reverse("demo_switches", args=["ministry"]),
        {"ministry-mode": "garbage", "ministry-rate": "20", "ministry-seed": "5"}, follow=True,
    )  # fmt: skip
    assert "应答是乱码" in text(answer)
    assert "20%" in text(answer)
    assert {url[0] for url in mocks["urls"]} <= {"http://127.0.0.1:18001", "http://127.0.0.1:18002"}


@pytest.mark.parametrize(
    "data",
    [{"mode": "explode", "rate": "1", "seed": "1"}, {"mode": "none", "rate": "101", "seed": "1"},
     {"mode": "none", "rate": "x", "seed": "1"}, {"mode": "none", "rate": "1", "seed": "-1"},
     {"mode": "http://169.254.169.254/", "rate": "\0", "seed": "1"}, {}],
)  # fmt: skip
def test_wrong_switches_are_refused_at_the_field(mocks, client, data):
    answer = client.post(
        reverse("demo_switches", args=["registry"]), {f"registry-{name}": value for name, value in data.items()}
    )
    assert answer.status_code == 422
    assert not [url for url in mocks["urls"] if "POST" in url]


@pytest.mark.parametrize("name", ["bank", "http:", "127.0.0.1", "registry@evil"])
def test_there_are_two_mocks_and_no_other_address(mocks, client, name):
    assert client.post(reverse("demo_switches", args=[name]), {}).status_code == 404
    assert mocks["urls"] == []


def test_silent_mocks_are_told_of_and_stop_nothing(client):
    page = client.get(reverse("demo"))
    assert page.status_code == 200
    assert text(page).count("没有应答，可能尚未启动") == 2
    answer = client.post(
        reverse("demo_switches", args=["registry"]),
        {"registry-mode": "down", "registry-rate": "100", "registry-seed": "1"},
    )
    assert "设置未生效" in text(answer)


def test_what_waits_is_counted_for_each_receiver(client, mocks):
    place = made.shop()
    made.filed(made.clerk_of(place), made.request_for(place), at=now())
    page = text(client.get(reverse("demo")))
    assert re.search(r">公安部平台</th><td[^>]*>1</td><td[^>]*>0</td>", page)


# where there is no demonstration


@pytest.mark.parametrize("name", ["demo", "demo_tour", "demo_sample"])
def test_without_a_demonstration_there_is_no_desk(settings, client, name):
    settings.DEMO = False
    assert client.get(reverse(name)).status_code == 404


@pytest.mark.parametrize("name", ["demo_clock", "demo_tour_start", "demo_sign_in"])
def test_nor_can_anything_be_sent_to_it(settings, client, name):
    settings.DEMO = False
    assert client.post(reverse(name), {"step": "day"}).status_code == 404
    assert client.post(reverse("demo_switches", args=["registry"]), {}).status_code == 404


# the tour


@pytest.fixture
def cast(settings):
    """The cast with its shops (演示人员)."""
    load_cast(seed=1, at=now())
    return load_shops(seed=1, at=now())["shop"]


def test_the_tour_founds_an_enterprise_that_chose_the_clerks_shop(cast, mocks, client):
    answer = client.post(reverse("demo_tour_start"))
    assert answer["Location"] == reverse("demo_tour")
    order = mocks["orders"][0]
    assert order["shop"]["uscc"] == cast.credit_code
    assert order["handler"] == order["legal_representative"]
    assert order["handler"]["id_number"].startswith("4499")
    page = text(client.get(reverse("demo_tour")))
    assert "已完成 1 步，共 9 步" in page
    assert "正在等待，本步自动完成" in page
    assert "回到导览" in text(client.get("/progress/"))


def test_each_step_is_read_from_the_records(cast, client):
    clerk = User.objects.get(username="dianyuan")
    at = now()
    unit = some_unit(at=at, credit_code=CODE)
    client.cookies["demo_tour"] = CODE

    def stage() -> str:
        return next(step.title for step in tour_of(CODE).steps if step.state == "current")

    assert "推送到店" in stage()
    draft = start_draft(cast, by=clerk, at=at, form={}, unit=unit)
    assert "核对并提交" in stage()
    filing = submit_filing(draft, made.request_for(cast, unit=unit), by=clerk, at=at)
    assert "短信" in stage()
    OutboxDelivery.objects.filter(subscriber="sms").update(state="SENT", sent_at=at)
    assert "上传印模" in stage()
    seal = filing.seals.get()
    assert client.get(reverse("demo_sample"), {"code": seal.code}).content.startswith(b"\x89PNG")
    made.engraved(seal, clerk, at=at)
    assert "捆绑" in stage()
    chip = made.chip_of(cast)
    assert chip.uid in text(client.get(reverse("demo_tour")))
    seal.refresh_from_db()
    bind_chip(seal, chip, by=clerk, at=at)
    assert any(way.label == "以店员身份完成备案" for step in tour_of(CODE).steps for way in step.ways)
    filing.refresh_from_db()
    complete_filing(filing, by=clerk, at=at)
    assert "上报公安部平台" in stage()
    page = text(client.get(reverse("demo_tour")))
    assert 'hx-trigger="every 3s"' in page
    assert "http-equiv" not in page


def test_the_sample_suits_the_check_it_is_made_for(cast, client):
    clerk = User.objects.get(username="dianyuan")
    filing = made.submitted(clerk, made.request_for(cast), at=now())
    seal = filing.seals.get()
    picture = client.get(reverse("demo_sample"), {"code": seal.code}).content
    measured = measure_imprint(picture, width_mm=seal.width_mm, height_mm=seal.height_mm)
    assert measured.contrast > 90
    assert client.get(reverse("demo_sample"), {"code": "4400000000000"}).status_code == 404


def test_a_click_of_the_tour_signs_in_and_leads_on(cast, client):
    asked = {"username": "dianyuan", "next": "/shop/filings/new/"}
    assert client.post(reverse("demo_sign_in"), asked)["Location"] == "/shop/filings/new/"
    asked["next"] = "https://elsewhere.invalid/"
    assert client.post(reverse("demo_sign_in"), asked)["Location"] == "/shop/"


@pytest.mark.parametrize("cookie", ["x", "'; --", "91440606MA0000000A", CODE + "0"])
def test_a_strange_cookie_begins_at_the_beginning(client, cookie):
    client.cookies["demo_tour"] = cookie
    page = client.get(reverse("demo_tour"))
    assert page.status_code == 200
    assert "设立一家企业，开始" in text(page)
