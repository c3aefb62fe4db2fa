"""Pages of keys: two persons, nothing secret shown, nothing typed lost but secrets (密钥页面)."""

import datetime as dt
import logging

import pytest
from django.urls import reverse

from chips.keys.choices import KeyAct
from chips.keys.models import KeyCeremony, KeyVersion
from sealreg.clock import now, real_now
from tests.factories.accounts import person
from tests.factories.keys import Delivery, custody
from tests.portal.signing_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(settings, tmp_path):
    return custody(settings, tmp_path, at=now())


@pytest.fixture
def pages(two):
    return client_of(two.first), client_of(two.second)


def typed(sent, **change):
    half = sent.halves[0].hex().upper()
    return {
        "block": sent.block,
        "check": sent.check,
        "secret_component": " ".join(half[start : start + 4] for start in range(0, 32, 4)),
        "component_check": sent.envelope(0)["component_check"],
        "reason": "年度换发",
    } | change


def confirmed(sent, **change):
    return {
        "decision": "confirm",
        "secret_component": sent.halves[1].hex(),
        "component_check": sent.envelope(1)["component_check"],
    } | change


def test_a_key_is_imported_and_activated_by_two_browsers(two, pages):
    first, second = pages
    sent = Delivery()
    answer = first.post(reverse("operator_key_import"), typed(sent))
    ceremony = KeyCeremony.objects.get()
    assert answer.url == reverse("operator_ceremony", args=[ceremony.number])
    shown = first.get(answer.url).content.decode()
    assert "撤回仪式" in shown
    assert "同意并立即办理" not in shown
    assert second.post(answer.url, confirmed(sent)).status_code == 302
    key = KeyVersion.objects.get()
    listing = second.get(reverse("operator_keys")).content.decode()
    assert sent.check in listing
    first.post(reverse("operator_key_activate", args=[key.number]), {"reason": "启用"})
    activating = KeyCeremony.objects.get(act="ACTIVATE")
    second.post(reverse("operator_ceremony", args=[activating.number]), {"decision": "confirm"})
    key.refresh_from_db()
    assert key.status == "ACTIVE"
    paper = second.get(reverse("operator_ceremony_minutes", args=[activating.number])).content.decode()
    assert two.first.name in paper
    assert two.second.name in paper


def test_no_page_no_log_and_no_answer_shows_a_secret(two, pages, caplog):
    first, second = pages
    sent = Delivery()
    with caplog.at_level(logging.DEBUG):
        bad = first.post(reverse("operator_key_import"), typed(sent, check="")).content.decode()
        first.post(reverse("operator_key_import"), typed(sent))
        url = reverse("operator_ceremony", args=[KeyCeremony.objects.get().number])
        wrong = second.post(url, confirmed(sent, component_check="000000")).content.decode()
        done = second.post(url, confirmed(sent), follow=True).content.decode()
        paper = first.get(url + "minutes/").content.decode()
    for secret in (*sent.halves, sent.key):
        for text in (bad, wrong, done, paper, caplog.text):
            flat = "".join(text.split()).upper()
            assert secret.hex().upper() not in flat
    assert "年度换发" in bad
    assert sent.block in bad


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"block": "不是密钥块"}, "不是发给本省"),
        ({"block": ""}, "请粘贴密钥块"),
        ({"check": "12"}, "应为 6 位"),
        ({"secret_component": "ＧＧ" + "0" * 30}, "不应出现的字符"),
        ({"secret_component": "00"}, "应为 32 位"),
        ({"secret_component": "0" * 32}, "分量与其校验值不符"),
        ({"secret_component": "\0" * 32}, ""),
        ({"reason": ""}, "请写明理由"),
        ({"reason": "字" * 300}, ""),
    ],
)
def test_bad_input_is_answered_at_its_field(two, pages, change, words):
    answer = pages[0].post(reverse("operator_key_import"), typed(Delivery(), **change))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert KeyCeremony.objects.count() == 0


def test_the_proposer_sees_no_decision_and_cannot_send_one(two, pages):
    sent = Delivery()
    pages[0].post(reverse("operator_key_import"), typed(sent))
    url = reverse("operator_ceremony", args=[KeyCeremony.objects.get().number])
    assert pages[0].post(url, confirmed(sent)).status_code == 422
    assert KeyVersion.objects.count() == 0
    assert pages[0].post(url, {"reason": "信封未到"}).status_code == 302
    assert KeyCeremony.objects.get().status == "REFUSED"


def test_refusing_needs_a_reason_and_no_component(two, pages):
    sent = Delivery()
    pages[0].post(reverse("operator_key_import"), typed(sent))
    url = reverse("operator_ceremony", args=[KeyCeremony.objects.get().number])
    assert pages[1].post(url, {"decision": "refuse"}).status_code == 422
    assert pages[1].post(url, {"decision": "refuse", "reason": "校验值不符"}).status_code == 302
    assert KeyCeremony.objects.get().status == "REFUSED"


def test_an_overdue_ceremony_offers_nothing(two, pages):
    sent = Delivery()
    pages[0].post(reverse("operator_key_import"), typed(sent))
    ceremony = KeyCeremony.objects.get()
    early = now() - dt.timedelta(hours=1)
    KeyCeremony.objects.filter(pk=ceremony.pk).update(proposed_at=early, due_at=early + dt.timedelta(minutes=15))
    url = reverse("operator_ceremony", args=[ceremony.number])
    shown = pages[1].get(url).content.decode()
    assert "已失效" in shown
    assert "提交复核意见" not in shown
    assert pages[1].post(url, confirmed(sent)).status_code == 200
    assert KeyVersion.objects.count() == 0


def test_a_double_click_proposes_once(two, pages):
    fields = {"reason": "启用纪要签名", "form_key": "0b0e7a52-6f0e-4f0c-9d5c-0f6b1f8a7c11"}
    for _ in range(2):
        assert pages[0].post(reverse("operator_signing_key"), fields).status_code == 302
    assert KeyCeremony.objects.count() == 1


def test_a_locked_store_is_said_on_the_page(two, pages, settings):
    settings.KEYSTORE_PASSPHRASE = "wrong"
    assert "未解锁" in pages[0].get(reverse("operator_keys")).content.decode()
    answer = pages[0].post(reverse("operator_signing_key"), {"reason": "x"})
    assert answer.status_code == 302  # the store is needed when the second person confirms
    url = reverse("operator_ceremony", args=[KeyCeremony.objects.get().number])
    settings.KEYSTORE_PATH.parent.mkdir(parents=True, exist_ok=True)
    settings.KEYSTORE_PATH.write_text("{}")
    answer = pages[1].post(url, {"decision": "confirm"})
    assert "密钥库未解锁" in answer.content.decode()
    assert KeyVersion.objects.count() == 0


def test_every_step_asks_for_the_password_again_in_a_browser_left_open(two, pages):
    key = two.take_in(Delivery())
    proposed = two.propose(KeyAct.ACTIVATE, key)
    for client in pages:
        session = client.session
        session["confirmed_at"] = (real_now() - dt.timedelta(hours=1)).isoformat()
        session.save()
    acts = [reverse(f"operator_key_{act}", args=[key.number]) for act in ("activate", "compromise", "destroy")]
    decision = reverse("operator_ceremony", args=[proposed.number])
    for url in (reverse("operator_key_import"), reverse("operator_signing_key"), *acts, decision):
        for client in pages:
            for answer in (client.get(url), client.post(url, {"decision": "confirm", "reason": "x"})):
                assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("confirm_identity")), url
    key.refresh_from_db()
    assert (key.status, KeyCeremony.objects.filter(status="PROPOSED").get()) == ("PRE_ACTIVE", proposed)


def test_others_find_nothing(two, pages):
    pages[0].post(reverse("operator_signing_key"), {"reason": "x"})
    url = reverse("operator_ceremony", args=[KeyCeremony.objects.get().number])
    assert client_of(person("operator_staff")).get(url).status_code in (403, 404)
    assert pages[0].get(reverse("operator_ceremony", args=["000000000000"])).status_code == 404
