"""The portal's own pages through HTTP (门户页面)."""

import csv
import io
import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from django.urls import reverse

from sealreg.accounts.demo import AIRPORT, CAST, DEMO_PASSWORD, demo_secret
from sealreg.accounts.models import Membership, PoliceUnit, RoleRequest, SecondFactor, User
from sealreg.accounts.roles import ROLES
from sealreg.accounts.second_factor import code_at
from sealreg.audit.models import AuditEvent
from sealreg.audit.services import record, record_read
from sealreg.clock import now, real_now
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.notices.models import Notice
from sealreg.portal.views import health
from tests.factories.accounts import office, person
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


# home and workbenches


@pytest.mark.parametrize("role", [None, *ROLES])
def test_home_says_who_one_is_and_links_only_to_what_one_may_open(role):
    user = person(role)
    client = client_of(user)
    page = text(client.get("/"))
    assert str(ROLES[role].does if role else "您还没有角色") in page
    for address in set(re.findall(r'href="(/[^"#]*)"', page)):
        if not address.startswith("/static/"):
            assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("language", "role", "own", "others"),
    [
        ("zh-hans", "institute_staff", "灌装机构工作台", "运维工作台"),
        ("zh-hans", "operator_staff", "运维工作台", "灌装机构工作台"),
        ("en", "institute_staff", "Institute workbench", "Operator workbench"),
        ("en", "operator_staff", "Operator workbench", "Institute workbench"),
    ],
)
def test_institute_and_operator_find_their_own_bench_under_its_own_name(language, role, own, others):
    client = client_of(person(role))
    for address in ("/", "/operator/"):
        page = text(client.get(address, headers={"accept-language": language}))
        assert (own in page, others in page) == (True, False), address


def test_the_public_home_links_only_to_pages_that_exist(client):
    for address in set(re.findall(r'href="(/[^"#]*)"', text(client.get("/")))):
        if not address.startswith("/static/"):
            assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("county_officer", "佛山市顺德区"),
        ("city_officer", "佛山市"),
        ("province_officer", "全省"),
        ("legal_reader", "全省"),
    ],
)
def test_a_workbench_names_the_territory(role, words):
    assert words in text(client_of(person(role)).get(reverse("police_home")))


# inbox


def test_the_inbox_is_ones_own_and_reading_is_a_click():
    user, other = person("shop_clerk"), person("shop_clerk")
    mine = Notice.objects.create(user=user, template="portal.role_granted", params={"role": "甲"}, link="/", at=now())
    theirs = Notice.objects.create(
        user=other, template="portal.role_granted", params={"role": "乙"}, link="/", at=now()
    )
    client = client_of(user)
    page = text(client.get(reverse("inbox")))
    assert "“甲”" in page
    assert "“乙”" not in page
    assert Notice.objects.get(pk=mine.pk).read_at is None, "looking is not reading"
    assert client.post(reverse("notice", args=[mine.number]))["Location"] == "/"
    assert Notice.objects.get(pk=mine.pk).read_at is not None
    assert client.post(reverse("notice", args=[theirs.number])).status_code == 404
    client.post(reverse("read_all_notices"))
    assert Notice.objects.get(pk=theirs.pk).read_at is None


# user administration


def test_from_registration_to_a_working_role_through_the_pages():
    keeper, confirmer = person("system_administrator"), person("security_administrator")
    place = office("PLATFORM", name="省级办公室")
    one, two = client_of(keeper), client_of(confirmer)
    page = text(one.post(reverse("user_new"), {"username": "xinren", "name": "新人", "email": ""}))
    password = re.search(r'data-copy="([^"]+)"', page).group(1)
    user = User.objects.get(username="xinren")
    assert user.check_password(password)
    assert "省级办公室" in text(one.get(reverse("user_ask_role", args=[user.number]), {"organisation_name": "省级"}))
    asked = {"organisation": place.number, "role": "auditor", "reason": "新任"}
    assert one.post(reverse("user_ask_role", args=[user.number]), asked).status_code == 302
    request = RoleRequest.objects.get(user=user)
    assert Notice.objects.get(user=confirmer).params["number"] == request.number
    assert one.get(reverse("role_request", args=[request.number])).status_code == 403
    answer = two.post(reverse("role_request", args=[request.number]), {"decision": "refuse"})
    assert "请写明不同意的理由" in text(answer)
    assert two.post(reverse("role_request", args=[request.number]), {"decision": "confirm"}).status_code == 302
    assert User.objects.get(pk=user.pk).role.key == "auditor"
    assert Notice.objects.get(user=user).template == "portal.role_granted"
    assert two.get(reverse("role_request", args=[request.number])).status_code == 404, "decided: no longer open"


def test_ending_locking_and_resetting_want_a_reason():
    keeper, confirmer, user = person("system_administrator"), person("security_administrator"), person("auditor")
    one, two = client_of(keeper), client_of(confirmer)
    for client, name in [(one, "user_end_role"), (two, "user_lock"), (two, "user_reset_second_factor")]:
        address = reverse(name, args=[user.number])
        assert "请写明理由" in text(client.post(address, {"reason": " "}))
        assert "最多 200 个字" in text(client.post(address, {"reason": "长" * 201}))
        assert client.post(address, {"reason": "核实"}).status_code == 302
    fresh = User.objects.get(pk=user.pk)
    assert (fresh.role, fresh.is_active) == (None, False)
    assert two.post(reverse("user_unlock", args=[user.number]), {"reason": "核实"}).status_code == 302
    assert User.objects.get(pk=user.pk).is_active
    page = text(one.post(reverse("user_reset_password", args=[user.number])))
    assert User.objects.get(pk=user.pk).check_password(re.search(r'data-copy="([^"]+)"', page).group(1))


def test_the_user_list_is_searched_and_costs_the_same_for_few_and_many(django_assert_num_queries):
    client = client_of(person("system_administrator"))
    client.get(reverse("user_list"))
    person("county_officer", username="zhangsan", name="张三")
    for _number in range(30):
        person("shop_clerk")
    page = text(client.get(reverse("user_list"), {"q": "ZHANG"}))
    assert "zhangsan" in page
    assert "ceshi" not in page.split("<tbody>")[1]
    assert "张三" in text(client.get(reverse("user_list"), {"role": "county_officer", "state": "on"}))
    assert "没有符合条件" in text(client.get(reverse("user_list"), {"q": "张三", "state": "off"}))
    with django_assert_num_queries(6):  # session, person, rows, count, open requests, unread notices
        client.get(reverse("user_list"))


@pytest.mark.parametrize("value", ["\x00", "%", "'", "x" * 3000, "\u202e", "＼"])
def test_odd_filters_get_a_page(value):
    keeper, auditor = client_of(person("system_administrator")), client_of(person("auditor"))
    assert keeper.get(reverse("user_list"), {"q": value, "role": value, "cursor": value}).status_code == 200
    asked = {"actor": value, "subject": value, "event": value, "since": value, "cursor": value}
    assert auditor.get(reverse("audit_log"), asked).status_code == 200
    assert auditor.get(reverse("read_log"), asked).status_code == 200
    user = person()
    for name in ("organisation", "organisation_name"):
        assert keeper.get(reverse("user_ask_role", args=[user.number]), {name: value}).status_code == 200


# audit


def test_the_audit_log_is_filtered_exported_and_the_export_is_audited():
    keeper, auditor = person("system_administrator"), person("auditor")
    client_of(keeper).post(reverse("user_new"), {"username": "xinren", "name": "=1+1", "email": ""})
    client = client_of(auditor)
    narrow = {"actor": keeper.username, "event": "accounts.user_created"}
    page = text(client.get(reverse("audit_log"), narrow))
    assert "登记了用户" in page
    assert page.split("<tbody>")[1].count("<tr") == 1
    assert "没有这个用户名" in text(client.get(reverse("audit_log"), {"actor": "nobody"}))
    assert "截止日期不能早于" in text(client.get(reverse("audit_log"), {"since": "2026-05-02", "until": "2026-05-01"}))
    answer = client.post(reverse("audit_export") + f"?actor={keeper.username}&event=accounts.user_created")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 2
    assert AuditEvent.objects.filter(event="portal.audit_exported", actor_id=auditor.number).count() == 1
    assert client.get(reverse("audit_export")).status_code == 405


def test_the_read_log_says_who_looked_and_why():
    reader, auditor = person("county_officer"), person("auditor")
    record_read(by=reader, at=now(), subject=("unit", "U1"), fields=["身份证号码"], purpose="核对经办人")
    page = text(client_of(auditor).get(reverse("read_log")))
    assert "核对经办人" in page
    assert reader.name in page


# health


def test_healthz_and_readyz(client, monkeypatch):
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    found = answer.json()["dependencies"]
    assert found["database"] == {"status": "ok", "needed": True}
    assert found["broker"] == {"status": "down", "needed": False}, "the suite runs without a broker"
    monkeypatch.setattr(health, "files_can_be_kept", lambda: False)
    assert client.get("/readyz").status_code == 503


def test_readyz_names_a_database_that_is_down(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(health.connection, "cursor", refuse)
    monkeypatch.setattr(health.connection, "close", lambda: None)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["dependencies"]["database"]["status"] == "down"


# demonstration


def test_the_demo_cast_is_whole_deterministic_and_repeatable(settings):
    call_command("load_demo", seed=7, verbosity=0)
    numbers = dict(User.objects.values_list("username", "number"))
    counts = (PoliceUnit.objects.count(), User.objects.count(), Membership.objects.count())
    assert counts[0] == 1 + 19 + 122 + 2 + 1
    assert PoliceUnit.objects.get(authority_no=441900).level == "COUNTY"
    assert PoliceUnit.objects.get(authority_no=AIRPORT).premises.count() == 2
    assert {player.role for player in CAST} == set(ROLES), "every role has somebody"
    call_command("load_demo", seed=7, verbosity=0)
    assert (PoliceUnit.objects.count(), User.objects.count(), Membership.objects.count()) == counts
    assert dict(User.objects.values_list("username", "number")) == numbers
    assert SecondFactor.objects.get(user__username="shunde").secret == demo_secret(7, "shunde")
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("load_demo", verbosity=0)


def test_every_demo_person_signs_in_both_ways(client):
    call_command("load_demo", seed=7, verbosity=0)
    page = text(client.get(reverse("demo")))
    assert DEMO_PASSWORD in page
    assert code_at(demo_secret(7, "shunde"), real_now()) in page
    for player in CAST:
        home = reverse(ROLES[player.role].home)
        answer = client.post(reverse("demo_sign_in"), {"username": player.username})
        assert answer["Location"] == home
        assert client.get(home).status_code == 200
        client.post(reverse("sign_out"))
        answer = client.post(reverse("sign_in"), {"username": player.username, "password": DEMO_PASSWORD})
        if ROLES[player.role].needs_second_factor:
            code = code_at(demo_secret(7, player.username), real_now())
            answer = client.post(reverse("second_factor"), {"code": code})
        assert answer["Location"] == home, player.username
        client.post(reverse("sign_out"))


@pytest.mark.parametrize("name", ["nobody", "", "\x00", "real"])
def test_only_the_cast_signs_in_with_one_click(client, name):
    person("system_administrator", username="real")
    assert client.post(reverse("demo_sign_in"), {"username": name}).status_code == 404


# admin


def test_the_admin_shows_and_never_writes():
    client = client_of(person("system_administrator"))
    user = person("shop_clerk")
    assert client.get("/admin/accounts/user/").status_code == 200
    page = text(client.get(f"/admin/accounts/user/{user.pk}/change/"))
    assert user.password not in page
    assert client.get("/admin/accounts/user/add/").status_code == 403
    assert client.post(f"/admin/accounts/user/{user.pk}/change/", {"name": "改"}).status_code == 403
    assert client.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/auth/group/").status_code == 404


def test_notices_of_one_kind_and_day_are_one_line_and_read_together():
    user = person("shop_clerk")
    for number in range(4):
        Notice.objects.create(
            user=user, template="chips.receive_at_shop", params={"uid": f"04{number:012X}"}, link="", at=now()
        )
    other = Notice.objects.create(user=user, template="portal.role_granted", params={"role": "甲"}, link="/", at=now())
    client = client_of(user)
    page = text(client.get(reverse("inbox")))
    assert "同类通知 4 条" in page
    assert page.count('class="sr-card"') == 2
    numbers = re.findall(r'name="number" value="([^"]+)"', page)
    assert len(numbers) == 4
    assert client.post(reverse("read_all_notices"), {"number": numbers}).status_code == 302
    assert set(Notice.objects.filter(read_at__isnull=True)) == {other}


def test_a_strangers_notice_is_not_read_by_naming_it():
    theirs = Notice.objects.create(user=person(), template="portal.role_granted", params={"role": "乙"}, at=now())
    client = client_of(person("shop_clerk"))
    assert client.post(reverse("read_all_notices"), {"number": [theirs.number, "\x00", "x"]}).status_code == 302
    assert Notice.objects.get().read_at is None


def test_a_job_of_the_system_reads_by_name_in_the_audit():
    with transaction(SystemActor("registry-sync")):
        record("portal.audit_exported", by=SystemActor("registry-sync"), at=now(), subject=("user", "1"))
    page = text(client_of(person("audit_administrator")).get(reverse("audit_log")))
    assert "登记数据同步导出了审计日志" in page
