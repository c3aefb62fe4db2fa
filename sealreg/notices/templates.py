"""Notice templates (通知模板): worded in Chinese, translated for each reader.

Each app registers its own by id in its module `notice_templates`, loaded at the start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils import translation
from django.utils.functional import Promise

Channel = Literal["inbox", "email", "sms"]
EMAIL_TOPIC, SMS_TOPIC = "notices.email", "notices.sms"

_ID = re.compile(r"[a-z_]+\.[a-z_]+")
_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """One kind of notice (通知模板).

    id: "<app>.<what happened>". title, body: lazy texts with %(name)s places. channels: where it goes; a person without
    an account gets e-mail or SMS only. terms: places that hold a word of the interface as `term` keeps it.
    """

    id: str
    title: str | Promise
    body: str | Promise
    channels: tuple[Channel, ...] = ("inbox",)
    terms: tuple[str, ...] = ()

    @property
    def places(self) -> frozenset[str]:
        """Names of the parameters it needs (参数名)."""
        return frozenset(_PLACE.findall(str(self.title)) + _PLACE.findall(str(self.body)))


@dataclass(frozen=True, slots=True)
class Wording:
    """A notice put into words (通知文字)."""

    title: str
    body: str


_templates: dict[str, NoticeTemplate] = {}


def register(template: NoticeTemplate) -> NoticeTemplate:
    """Make a template known (登记模板). Raises ValueError for a bad id, a second template of the id or no channel."""
    if not _ID.fullmatch(template.id) or template.id in _templates or not template.channels:
        raise ValueError(f"notice template {template.id!r} has a bad or taken id, or no channel")
    _templates[template.id] = template
    return template


def template_by_id(template_id: str) -> NoticeTemplate:
    """The template of an id (取模板). Raises LookupError: an unknown one is a fault in the code."""
    try:
        return _templates[template_id]
    except KeyError:
        raise LookupError(f"no notice template {template_id!r}") from None


def known(template_id: str) -> bool:
    """Whether a template exists (是否有此模板)."""
    return template_id in _templates


def registered() -> tuple[NoticeTemplate, ...]:
    """Every template, by id (全部模板)."""
    return tuple(_templates[template_id] for template_id in sorted(_templates))


def check_params(template: NoticeTemplate, params: Mapping[str, str]) -> None:
    """The parameters fit the template exactly (核对参数). Raises ValueError naming what differs."""
    wrong = template.places ^ set(params)
    if wrong or not all(isinstance(value, str) for value in params.values()):
        raise ValueError(f"notice template {template.id!r}: parameters do not fit: {', '.join(sorted(wrong))}")


# A term stands in the catalogue where it is declared, not here.
_said = translation.gettext


def term(label: str | Promise) -> str:
    """A word of the interface as a parameter (术语参数): kept in the source language, read in the reader's."""
    with translation.override("zh-hans"):
        return str(label)


def word(template_id: str, params: Mapping[str, str], *, language: str | None = None) -> Wording:
    """Put a notice into words (成文), in `language` or the present one.

    A notice whose template is gone or has grown since still reads: history must not break the inbox.
    """
    with translation.override(language or translation.get_language()):
        template = _templates.get(template_id)
        if template is None:
            return Wording(translation.gettext("通知"), "")
        values = {name: params.get(name) or "—" for name in template.places}
        values |= {name: _said(values[name]) for name in template.terms if name in values}
        return Wording(str(template.title) % values, str(template.body) % values)
