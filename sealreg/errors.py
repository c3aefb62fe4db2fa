"""Errors the domain raises (业务错误): one family, each with a stable code and an HTTP meaning at the edge only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class DomainError(Exception):
    """Something the caller may be told (业务错误).

    message: sentence for the user, translated when shown.
    fields: form field name -> sentence, for errors that belong to a field.
    code: stable machine code; the class gives the default, a rule may narrow it.
    facts: JSON-ready details for an API answer (never personal data).
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400
    default_message: ClassVar[Text] = _("操作未能完成，请核对后重试。")

    def __init__(
        self,
        message: Text | None = None,
        *,
        code: str | None = None,
        fields: Mapping[str, Text] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.message: Text = message if message is not None else self.default_message
        self.reason: str = code if code is not None else type(self).code
        self.fields: dict[str, Text] = dict(fields or {})
        self.facts: dict[str, object] = dict(facts or {})
        super().__init__(self.reason)

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class RuleBroken(DomainError):
    """A rule in force does not allow the act (不符合规定)."""

    code = "rule_broken"
    status = 422
    default_message = _("所填内容不符合规定，请按提示更正。")


class IllegalMove(DomainError):
    """The state table has no such move from the present status (当前状态不允许此操作)."""

    code = "illegal_move"
    status = 409
    default_message = _("当前状态下不能办理此操作，请刷新页面查看最新状态。")


class Conflict(DomainError):
    """Someone else acted first, or the page is stale (已被他人处理或页面已过期)."""

    code = "conflict"
    status = 409
    default_message = _("该记录刚刚已被更新，请查看最新内容后再办理。")


class OutsideJurisdiction(DomainError):
    """The actor may not do this here (超出管辖范围或权限)."""

    code = "outside_jurisdiction"
    status = 403
    default_message = _("您没有办理此事项的权限，或该事项不在您的管辖范围内。")


class NotFound(DomainError):
    """No such record, or not one the actor may know of (未找到)."""

    code = "not_found"
    status = 404
    default_message = _("未找到您要查看的内容。")


class TooManyAttempts(DomainError):
    """A protecting limit was reached (操作过于频繁). `retry_after` is in seconds."""

    code = "too_many_attempts"
    status = 429
    default_message = _("操作过于频繁，请稍后再试。")

    def __init__(self, message: Text | None = None, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code, facts={"retry_after": retry_after})
        self.retry_after = retry_after


class ServiceUnavailable(DomainError):
    """A system this act needs does not answer (所需服务暂时不可用)."""

    code = "service_unavailable"
    status = 503
    default_message = _("服务暂时不可用，请稍后再试。已填写的内容不会丢失。")
