"""Text messages (短信): by approved template and parameters, never free text, as mainland gateways demand."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import httpx
from django.conf import settings
from django.utils.module_loading import import_string

from integration.messaging import dispatch
from sealreg.notices.models import AddressKind
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.registry import Delivery

NOBODY = "no_address"
CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 10.0


class SmsBackend(Protocol):
    """A way to send text messages (短信通道)."""

    def send(self, phone: str, template: str, params: Mapping[str, str], *, key: str) -> str:
        """Hand one message over and return the gateway's receipt.

        key: the same for every attempt of one message; a gateway that honours it sends once.
        Raises TryAgain or Refused.
        """


class ConsoleSms:
    """Prints what it would send (控制台), with the number masked."""

    def send(self, phone: str, template: str, params: Mapping[str, str], *, key: str) -> str:
        text = json.dumps(dict(params), ensure_ascii=False, sort_keys=True)
        sys.stdout.write(f"sms to ***{phone[-4:]}: {template} {text}\n")
        return "console"


class FileSms:
    """Writes each message to a file of its own (文件): one key is one file, so a repeated attempt changes nothing."""

    def send(self, phone: str, template: str, params: Mapping[str, str], *, key: str) -> str:
        folder = Path(settings.SMS_FILE_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        content = {"phone": phone, "template": template, "params": dict(params)}
        draft = folder / f".{name}.new"
        draft.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        draft.replace(folder / f"{name}.json")
        return name


class HttpSms:
    """Posts to a gateway (短信网关): JSON, the key in Idempotency-Key, a bearer token; the answer names its receipt."""

    def send(self, phone: str, template: str, params: Mapping[str, str], *, key: str) -> str:
        try:
            answer = httpx.post(
                settings.SMS_URL,
                json={"phone": phone, "template": template, "params": dict(params)},
                headers={"Authorization": f"Bearer {settings.SMS_TOKEN}", "Idempotency-Key": key},
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            )
        except httpx.HTTPError as error:
            raise TryAgain("gateway_unreachable", type(error).__name__) from error
        if answer.status_code in {408, 425, 429} or answer.status_code >= 500:
            raise TryAgain(f"http_{answer.status_code}", after=_seconds(answer.headers.get("Retry-After")))
        if answer.status_code >= 400:
            raise Refused(f"http_{answer.status_code}", "the gateway refuses the message")
        try:
            receipt = answer.json()["receipt"]
        except (ValueError, KeyError, TypeError) as error:
            raise TryAgain("bad_answer", "the gateway's answer names no receipt") from error
        return str(receipt)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None


def send(delivery: Delivery) -> None:
    """Send one notice as a text message (发送短信). A recipient without a phone any more counts as done."""
    one = dispatch.read(delivery, AddressKind.PHONE)
    if not one.address:
        delivery.reference = NOBODY
        return
    backend: SmsBackend = import_string(settings.SMS_BACKEND)()
    delivery.reference = backend.send(one.address, one.template, one.params, key=delivery.key)
