"""E-mail (电子邮件) through Django's mail backend."""

from __future__ import annotations

import hashlib
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext

from integration.messaging import dispatch
from sealreg.notices.models import AddressKind
from sealreg.notices.templates import word
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.registry import Delivery

NOBODY = "no_address"


def send(delivery: Delivery) -> None:
    """Send one notice by e-mail (发送邮件).

    A repeated attempt carries the same Message-ID, so that mail systems can drop the second copy; SMTP promises no
    more. A recipient without an address any more counts as done, with the reference "no_address".
    """
    one = dispatch.read(delivery, AddressKind.EMAIL)
    if not one.address:
        delivery.reference = NOBODY
        return
    message = compose(one, key=delivery.key)
    try:
        get_connection(fail_silently=False).send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and all(500 <= code < 600 for code in codes):
            raise Refused(f"smtp_{codes[0]}", "the mail server refuses the recipient") from error
        raise TryAgain(f"smtp_{codes[0] if codes else 'refused'}") from error
    except smtplib.SMTPResponseException as error:
        raise TryAgain(f"smtp_{error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgain("mail_unreachable", type(error).__name__) from error
    delivery.reference = message.extra_headers["Message-ID"]


def compose(one: dispatch.Dispatch, *, key: str) -> EmailMessage:
    """The mail as it leaves (组成邮件): plain text, in the recipient's language, a demonstration marked as such."""
    wording = word(one.template, one.params, language=one.language)
    with translation.override(one.language):
        closing = settings.AUTHORITY_NAME or gettext("演示系统 · 模拟数据 · 非公安机关网站")
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    mark = hashlib.sha256(key.encode()).hexdigest()[:32]
    return EmailMessage(
        subject=" ".join(wording.title.split()),
        body=f"{wording.body}\n\n{closing}\n",
        to=[one.address],
        headers={"Message-ID": f"<{mark}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
