"""A shop asks to pause or to resume business (停业复业申请): asked, decided once, in effect on its day."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils.translation import override

from licensing.choices import CancelGround, SuspendGround
from licensing.models import LicenceSpell, SpecialTradeLicence, SuspensionRequest
from licensing.selectors import may_engrave
from licensing.services import licences
from licensing.services.idle import idleness_of, sweep_idle
from licensing.services.suspensions import (
    begin_due,
    decline_request,
    grant_request,
    request_suspension,
    take_back_request,
)
from licensing.tasks import watch
from sealreg import clock
from sealreg.audit.selectors import search_events
from sealreg.clock import SHANGHAI, shanghai
from sealreg.errors import Conflict, IllegalMove, RuleBroken
from sealreg.notices.models import Notice
from sealreg.notices.templates import word
from tests.factories import licensing as made
from tests.factories.accounts import authority, person
from tests.licensing.idle_making import LAST, OVER
from tests.licensing.idle_making import Cast as Idle
from tests.licensing.test_police_licence_pages import opened, sent
from tests.licensing.test_shop_opening_pages import text
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db
AT = made.TUESDAY_TEN
DAY = dt.timedelta(days=1)
TODAY = shanghai(AT).date()


@pytest.fixture
def who():
    return made.cast()


@pytest.fixture
def licence(who):
    return made.licence(who)


def ask(licence, who, kind="SUSPEND", *, at=AT, after=0, **given):
    given.setdefault("reason", "店面装修")
    return request_suspension(
        licence, kind=kind, from_on=shanghai(at).date() + after * DAY, by=who.manager, at=at, **given
    )


def current(record):
    return type(record)._base_manager.get(pk=record.pk)


def told(user):
    return set(Notice.objects.filter(user=user).values_list("template", flat=True))


def test_asked_it_changes_nothing_yet_and_shop_and_county_are_told(licence, who):
    asked = ask(licence, who, until_on=TODAY + 30 * DAY)
    assert (asked.status, asked.authority_no, asked.requested_by) == ("REQUESTED", 440606, who.manager.number)
    assert current(licence).status == "VALID"
    assert "licensing.suspension_requested" in told(who.manager)
    for user in (who.officer, who.chief):
        notice = Notice.objects.get(user=user, template="licensing.suspension_requested_county")
        assert asked.number in notice.link
    event = search_events(subject=("suspension_request", asked.number)).get()
    assert event.facts == {"licence": licence.number, "kind": "SUSPEND", "from_on": TODAY.isoformat()}


def test_granted_for_today_it_is_in_effect_at_once_and_the_county_is_not_told_twice(licence, who):
    asked = grant_request(ask(licence, who), answer="同意停业", by=who.chief, at=AT + 3 * DAY)
    assert (asked.status, asked.decided_by, asked.answer) == ("IN_EFFECT", who.chief.number, "同意停业")
    now = current(licence)
    assert (now.status, now.suspend_ground, now.suspended_at) == ("SUSPENDED", "SHOP_ASKED", AT + 3 * DAY)
    assert not may_engrave(licence.shop)
    assert {"licensing.grant_request", "licensing.suspend_licence"} <= told(who.manager)
    assert "licensing.put_into_effect" not in told(who.chief)
    verbs = [event.event for event in search_events(subject=("suspension_request", asked.number))]
    assert verbs == ["licensing.put_into_effect", "licensing.grant_request", "licensing.suspension_requested"]
    # The days the county took to decide are not held against the shop.
    assert LicenceSpell.objects.get().started_at == AT


def test_granted_for_a_later_day_it_waits_for_that_day_and_begins_by_itself_once(licence, who):
    asked = grant_request(ask(licence, who, after=5), answer="同意", by=who.chief, at=AT)
    assert (asked.status, current(licence).status) == ("GRANTED", "VALID")
    assert begin_due(at=AT + 4 * DAY) == 0
    begins = dt.datetime.combine(TODAY + 5 * DAY, dt.time(0, 10), SHANGHAI)
    assert begin_due(at=begins) == 1
    assert (current(asked).status, current(licence).status) == ("IN_EFFECT", "SUSPENDED")
    assert LicenceSpell.objects.get().started_at == begins - dt.timedelta(minutes=10)
    assert "licensing.put_into_effect" in told(who.chief)
    assert begin_due(at=begins + DAY) == 0


def test_the_regular_work_begins_what_is_due(licence, who, monkeypatch):
    grant_request(ask(licence, who, after=1), answer="同意", by=who.chief, at=AT)
    monkeypatch.setattr("licensing.tasks.now", lambda: AT + 2 * DAY)
    assert watch()["begun"] == 1
    assert current(licence).status == "SUSPENDED"
    assert clock.now() != AT + 2 * DAY


def test_resumed_by_request_as_it_was_stopped(licence, who):
    grant_request(ask(licence, who), answer="同意", by=who.chief, at=AT)
    back = ask(current(licence), who, "REINSTATE", at=AT + 20 * DAY, reason="装修完毕", until_on=TODAY + 400 * DAY)
    assert back.until_on is None  # only a pause has an end
    assert grant_request(back, answer="同意复业", by=who.chief, at=AT + 21 * DAY).status == "IN_EFFECT"
    assert current(licence).status == "VALID"
    assert may_engrave(licence.shop)
    assert LicenceSpell.objects.get().ended_at == AT + 21 * DAY


def test_declined_with_its_reason_and_asked_again(licence, who):
    asked = ask(licence, who)
    with pytest.raises(RuleBroken) as refused:
        decline_request(asked, answer=" ", by=who.chief, at=AT)
    assert "answer" in refused.value.fields
    assert decline_request(asked, answer="有未交付的印章", by=who.chief, at=AT).status == "DECLINED"
    assert current(licence).status == "VALID"
    assert "licensing.decline_request" in told(who.manager)
    assert ask(licence, who, at=AT + DAY).status == "REQUESTED"


@pytest.mark.parametrize("granted", [False, True])
def test_the_shop_takes_it_back_while_it_is_not_in_effect(licence, who, granted):
    asked = ask(licence, who, after=3)
    if granted:
        asked = grant_request(asked, answer="同意", by=who.chief, at=AT)
    assert take_back_request(asked, by=who.manager, at=AT).status == "TAKEN_BACK"
    assert "licensing.take_back_request_county" in told(who.officer)
    assert begin_due(at=AT + 4 * DAY) == 0
    assert current(licence).status == "VALID"


def test_in_effect_it_cannot_be_taken_back(licence, who):
    asked = grant_request(ask(licence, who), answer="同意", by=who.chief, at=AT)
    with pytest.raises(IllegalMove):
        take_back_request(asked, by=who.manager, at=AT)


def test_one_decision_the_second_is_told_of_the_first(licence, who):
    asked = ask(licence, who)
    page = SuspensionRequest.objects.select_related("licence__shop__organisation").get(pk=asked.pk)
    decline_request(asked, answer="不同意", by=who.chief, at=AT)
    with pytest.raises(Conflict, match="未予准予"):
        grant_request(page, answer="同意", by=who.chief, at=AT, expected_version=1)
    assert current(licence).status == "VALID"


def test_one_request_at_a_time_and_only_one_the_licence_can_answer(licence, who):
    with pytest.raises(Conflict, match="有效"):
        ask(licence, who, "REINSTATE")
    ask(licence, who)
    with pytest.raises(Conflict, match="正在办理"):
        ask(licence, who)
    with pytest.raises(RuleBroken):
        ask(licence, who, "REVOKE")


@pytest.mark.parametrize(
    ("after", "until", "field"), [(-1, None, "from_on"), (91, None, "from_on"), (2, 2, "until_on"), (2, 1, "until_on")]
)
def test_days_that_cannot_be_are_told_at_the_field(licence, who, after, until, field):
    with pytest.raises(RuleBroken) as refused:
        ask(licence, who, after=after, until_on=None if until is None else TODAY + until * DAY)
    assert list(refused.value.fields) == [field]
    assert not SuspensionRequest.objects.exists()


def test_ninety_days_ahead_is_the_last_that_can_be(licence, who):
    assert ask(licence, who, after=90, until_on=TODAY + 91 * DAY).from_on == TODAY + 90 * DAY


@pytest.mark.parametrize("granted", [False, True])
def test_what_else_happens_to_the_licence_leaves_nothing_to_decide(licence, who, granted):
    asked = ask(licence, who, after=3)
    if granted:
        asked = grant_request(asked, answer="同意", by=who.chief, at=AT)
    licences.suspend_licence(licence, ground=SuspendGround.RECTIFICATION, reason="整改", by=who.chief, at=AT)
    assert (current(asked).status, begin_due(at=AT + 4 * DAY)) == ("CLOSED", 0)
    assert "licensing.close_request" in told(who.manager)
    back = ask(current(licence), who, "REINSTATE", reason="整改完成")
    licences.reinstate_licence(
        SpecialTradeLicence.objects.select_related("shop").get(), reason="已整改", by=who.chief, at=AT
    )
    assert current(back).status == "CLOSED"


def test_a_licence_that_ends_closes_what_was_asked(licence, who):
    asked = ask(licence, who)
    licences.cancel_licence(licence, ground=CancelGround.SHOP_ASKED, reason="停办", by=who.chief, at=AT)
    assert current(asked).status == "CLOSED"
    with pytest.raises(Conflict):
        ask(current(licence), who)


def test_the_database_refuses_a_jump_a_second_and_one_of_the_wrong_licence(licence, who):
    asked = ask(licence, who)
    with pytest.raises(DatabaseError, match="no move"), transaction.atomic():
        SuspensionRequest.objects.filter(pk=asked.pk).update(status="IN_EFFECT", version=2)
    with pytest.raises(DatabaseError, match="decided_whole"), transaction.atomic():
        SuspensionRequest.objects.filter(pk=asked.pk).update(status="GRANTED", version=2)
    fields = {
        "licence": licence, "authority_no": 440606, "from_on": TODAY, "reason": "x", "requested_by": "X",
        "requested_at": AT,
    }  # fmt: skip
    with pytest.raises(DatabaseError, match="one_open"), transaction.atomic():
        SuspensionRequest.objects.create(kind="SUSPEND", **fields)
    with pytest.raises(DatabaseError, match="not one to ask"), transaction.atomic():
        SuspensionRequest.objects.create(kind="REINSTATE", **fields)


# The radar


def test_the_radar_leaves_out_the_pause_from_the_day_it_was_asked_for():
    cast = Idle()
    licence = cast.shop.licences.select_related("shop__organisation").get()
    asked_at = OVER - 10 * DAY  # before six months are over
    asked = ask(licence, cast, at=asked_at)
    sweep_idle(at=OVER)
    assert cast.case.status == "IDLE"  # nobody has decided yet
    grant_request(asked, answer="同意", by=cast.chief, at=OVER + DAY)
    sweep_idle(at=OVER + 2 * DAY)
    assert (cast.case.status, cast.case.close_reason) == ("CLOSED", "SUSPENSION")
    sweep_idle(at=OVER + 400 * DAY)
    assert cast.case.status == "CLOSED"  # five months and a half stand still, and nobody is warned of them
    back = ask(current(licence), cast, "REINSTATE", at=OVER + 400 * DAY)
    grant_request(back, answer="同意", by=cast.chief, at=OVER + 400 * DAY)
    on = shanghai(OVER + 405 * DAY).date()
    idle = idleness_of([cast.shop], on=on)[cast.shop.pk]
    assert (idle.last_on, idle.months) == (LAST, 5)  # the months before count on, the pause does not
    sweep_idle(at=OVER + 405 * DAY)
    assert cast.case.status == "WARNED_AGAIN"


def test_a_warning_ends_with_the_pause_and_what_was_listed_before_stays():
    warned, listed = Idle(), Idle()
    for cast, early in ((warned, 40), (listed, 0)):
        sweep_idle(at=OVER - early * DAY)
        licence = cast.shop.licences.select_related("shop__organisation").get()
        asked = ask(licence, cast, at=OVER - early * DAY)
        grant_request(asked, answer="同意", by=cast.chief, at=OVER - early * DAY)
    sweep_idle(at=OVER + DAY)
    assert (warned.case.status, warned.case.close_reason) == ("CLOSED", "SUSPENSION")
    assert listed.case.status == "IDLE"


def test_a_request_alone_or_declined_stops_no_count():
    cast = Idle()
    licence = cast.shop.licences.select_related("shop__organisation").get()
    asked = ask(licence, cast, at=OVER - 10 * DAY)
    decline_request(asked, answer="不同意", by=cast.chief, at=OVER - 5 * DAY)
    sweep_idle(at=OVER)
    assert cast.case.status == "IDLE"


# The pages


def new_page(kind="suspend"):
    return reverse("shop_suspension_new", args=[kind])


def fill(browser, path, **typed):
    form = browser.get(path).context["form"]
    return browser.post(path, {"form_key": str(form["form_key"].value()), **typed})


def test_the_shop_asks_by_form_follows_and_takes_back(licence, who):
    browser = client_of(who.manager)
    assert new_page() in text(browser.get("/shop/licence/"))
    today = shanghai(clock.now()).date()
    key = str(browser.get(new_page()).context["form"]["form_key"].value())
    days = {"from_on": today.isoformat(), "until_on": (today + 30 * DAY).isoformat()}
    typed = {"form_key": key, "reason": "店面装修"} | days
    answer = browser.post(new_page(), typed)
    asked = SuspensionRequest.objects.get()
    assert answer.url == reverse("shop_suspension", args=[asked.number])
    assert browser.post(new_page(), typed).url == answer.url  # sent twice, asked once
    shown = text(browser.get(answer.url))
    for words in ("待决定", "店面装修", today.isoformat(), "撤回这项申请", "顺德"):
        assert words in shown
    home = text(browser.get("/shop/licence/"))
    assert answer.url in home
    assert new_page() not in home
    assert browser.get(new_page()).status_code == 409
    back = reverse("shop_suspension_take_back", args=[asked.number])
    form = browser.get(back).context["form"]
    kept = {"form_key": str(form["form_key"].value()), "version": str(asked.version)}
    assert browser.post(back, kept).url == answer.url
    assert current(asked).status == "TAKEN_BACK"
    assert asked.number in text(browser.get(reverse("shop_suspensions")))
    assert asked.number.encode() in b"".join(browser.get(reverse("shop_suspensions") + "?export=csv"))


def test_a_fault_stands_at_the_field_and_nothing_typed_is_lost(licence, who):
    browser = client_of(who.manager)
    yesterday = shanghai(clock.now()).date() - DAY
    wrong = text(fill(browser, new_page(), reason="装修停业", from_on=yesterday), 422)
    assert "#id_from_on" in wrong
    assert "装修停业" in wrong
    assert "#id_reason" in text(fill(browser, new_page(), from_on=yesterday + DAY), 422)
    assert not SuspensionRequest.objects.exists()


def test_clerk_reads_and_strangers_know_nothing(licence, who):
    asked = ask(licence, who)
    page = reverse("shop_suspension", args=[asked.number])
    clerk = client_of(person("shop_clerk", place=who.organisation))
    assert "撤回这项申请" not in text(clerk.get(page))
    assert clerk.get(new_page()).status_code == 403
    assert clerk.get(reverse("shop_suspension_take_back", args=[asked.number])).status_code == 403
    stranger = client_of(person("shop_manager"))
    assert stranger.get(page).status_code == 404
    assert stranger.get(new_page()).status_code == 404  # no licence, nothing to ask of
    assert client_of(who.manager).get(new_page("cancel")).status_code == 404


def test_the_chief_decides_from_the_work_list_and_the_officer_reads(licence, who):
    asked = ask(licence, who, at=clock.now())
    officer, chief = client_of(who.officer), client_of(who.chief)
    here = reverse("police_suspension", args=[asked.number])
    grant = reverse("police_suspension_act", args=[asked.number, "grant-request"])
    for browser in (officer, chief):
        assert here in text(browser.get(reverse("police_suspensions")))
    shown = text(officer.get(here))
    assert "店面装修" in shown
    assert "闲置计算" in shown
    assert grant not in shown
    assert officer.get(grant).status_code == 403
    kept = opened(chief, grant)
    assert sent(chief, grant, answer="同意").status_code == 302
    assert current(licence).status == "SUSPENDED"
    assert "请查看最新内容" in text(chief.post(grant, kept | {"answer": "再次同意"}), 409)
    assert here not in text(chief.get(reverse("police_suspensions")))
    assert here in text(chief.get(reverse("police_suspensions") + "?all=1"))
    assert asked.number in text(chief.get(reverse("police_licence", args=[licence.number])))
    assert asked.number.encode() in b"".join(chief.get(reverse("police_suspensions") + "?all=1&export=csv"))
    stranger = client_of(person("county_chief", place=authority(440605).organisation))
    assert stranger.get(here).status_code == 404
    assert stranger.get(grant).status_code == 404


def test_a_notice_names_what_is_asked_in_the_readers_language(licence, who):
    with override("en"):
        ask(licence, who)
    notice = Notice.objects.get(user=who.manager, template="licensing.suspension_requested")
    assert word(notice.template, notice.params, language="en").title == "Pause of business: request submitted"
    assert word(notice.template, notice.params, language="zh-hans").title == "停业申请已提交"
