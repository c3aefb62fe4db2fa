"""How the operator's acts on the queue read (待发消息的审计说明)."""

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register(
    "outbox.redriven", _("%(actor)s 将停放的消息 %(subject)s（%(topic)s → %(subscriber)s）重新发送，理由：%(reason)s")
)
register("outbox.closed", _("%(actor)s 关闭停放的消息 %(subject)s（%(topic)s → %(subscriber)s），理由：%(reason)s"))
