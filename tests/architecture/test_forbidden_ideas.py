"""What the notice has abolished has no place in names (不得存在的概念): demands 11, 12, 13 and 76.

A licence does not lapse, nothing is reviewed yearly or renewed, nobody approves a filing, nothing is charged for by the
system. The scan reads models, routes, jobs, commands, permissions, notice templates and template names.
"""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from sealreg.accounts.roles import Permission
from sealreg.celery import app as celery
from sealreg.notices import templates as notices
from tests.architecture.source import ROOMS, template_files

WORDS = {
    "lapse": "expire expires expired expiry expiration lapse lapsed validity",
    "renewal": "renew renews renewed renewal annual yearly inspection_due",
    "approval": "approve approves approved approver approval approvals preapproval precheck hold held appointment",
    "fee": "fee fees charge charges charged quota quotas subscription deposit payment payments paid billing toll",
}
FORBIDDEN = {word: idea for idea, words in WORDS.items() for word in words.split()}
PHRASES = ("valid_until", "valid_to", "valid_till", "good_until", "on_hold")
CHINESE = re.compile("有效期|到期|续期|延期|换证|年审|年检|审批|报批|收费|缴费|接入费|服务费|押金|预约|预审")

DENIED = re.compile(f"(?:无需|不需要|不再|取消|免于|不)(?:等待|办理|进行|任何)?(?:{CHINESE.pattern})")

# Name -> why it may stand.
ALLOWED: dict[str, str] = {
    "accounts.Session.expire_date": "Django's session table: a browser is signed out, no licence lapses",
}


def ideas_in(name: str) -> set[str]:
    """The abolished ideas a name speaks of (概念)."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    words = re.split(r"[^a-z]+", spaced)
    found = {FORBIDDEN[word] for word in words if word in FORBIDDEN}
    return found | {"lapse" for phrase in PHRASES if phrase in spaced}


def asks_for(text: str) -> bool:
    """Whether a text speaks of an abolished thing other than to say that there is none (是否仍在要求)."""
    return CHINESE.search(DENIED.sub("", text)) is not None


def field_names() -> list[str]:
    found = []
    for model in apps.get_models():
        if model._meta.app_config.name.split(".")[0] in ROOMS:
            found += [f"{model._meta.label}.{field.name}" for field in model._meta.get_fields(include_hidden=False)]
            found.append(model._meta.label)
    return sorted(found)


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                found += routes(pattern.url_patterns, path)
        else:
            found.append(f"{pattern.name or ''} {path}")
    return found


def product_names() -> list[str]:
    """Every name a person or a program can meet (全部名称)."""
    celery.loader.import_default_modules()
    jobs = [name for name in celery.tasks if not name.startswith("celery.")] + list(celery.conf.beat_schedule)
    commands = [name for name, owner in get_commands().items() if str(owner).split(".")[0] in ROOMS]
    return [
        *field_names(),
        *routes(get_resolver().url_patterns),
        *jobs,
        *commands,
        *(permission.name for permission in Permission),
        *(template.id for template in notices.registered()),
        *template_files(),
    ]


def test_no_name_speaks_of_what_is_abolished():
    names = product_names()
    assert len(names) > 100
    wrong = {name: ideas_in(name) for name in names if ideas_in(name) and name not in ALLOWED}
    assert wrong == {}


def test_no_field_is_labelled_so():
    wrong = []
    for model in apps.get_models():
        if model._meta.app_config.name.split(".")[0] not in ROOMS:
            continue
        labels = {f"{model._meta.label}.{field.name}": str(field.verbose_name) for field in model._meta.fields}
        labels[model._meta.label] = str(model._meta.verbose_name)
        wrong += [name for name, label in labels.items() if CHINESE.search(label) and name not in ALLOWED]
    assert wrong == []


def test_no_notice_asks_for_it():
    wrong = [template.id for template in notices.registered() if asks_for(f"{template.title}{template.body}")]
    assert wrong == []


def test_every_exception_is_still_needed():
    assert [name for name in ALLOWED if name not in product_names()] == []


@pytest.mark.parametrize(
    ("name", "idea"),
    [
        ("licensing.Licence.expires_on", "lapse"),
        ("licensing.Licence.valid_until", "lapse"),
        ("licence_renewal licences/<number>/renew/", "renewal"),
        ("licensing.AnnualReview", "renewal"),
        ("filing.approve", "approval"),
        ("filing.SealFiling.approved_at", "approval"),
        ("filing.SealFiling.onHold", "approval"),
        ("units.Unit.serviceFee", "fee"),
        ("agency_quota", "fee"),
    ],
)
def test_planted_names_are_seen(name, idea):
    assert idea in ideas_in(name)


@pytest.mark.parametrize("name", ["household", "threshold", "coffee", "unpaired", "filing.Seal.price_agreed"])
def test_innocent_names_pass(name):
    assert ideas_in(name) == set()


@pytest.mark.parametrize("text", ["您的许可证即将到期，请办理换证。", "请缴费", "等待审批"])
def test_planted_texts_are_seen(text):
    assert asks_for(text)


@pytest.mark.parametrize("text", ["可以开始制作，无需等待审批。", "本系统不收费。"])
def test_saying_that_there_is_none_is_fine(text):
    assert not asks_for(text)
