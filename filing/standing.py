"""Where a filing stands with other systems (对外送达情况): what waits for whom, in words for its page."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Max, Q
from django.utils.translation import gettext as _

from filing.models import Seal, SealFiling
from sealreg.errors import Text
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.units.models import RegistryState, Unit
from sealreg.web.components import Fact
from sealreg.web.templatetags.ui import moment

_receivers: dict[str, Text] = {}


def name_receiver(subscriber: str, label: Text) -> None:
    """Show on every filing's page how far this subscriber is (登记接收方)."""
    _receivers[subscriber] = label


def struck_off(unit: Unit | None) -> str:
    """What the registry's end of a unit means for its seals (单位注销、吊销提示); empty while it is in business."""
    match unit.registry_state if unit else "":
        case RegistryState.CANCELLED:
            return _("登记机关显示该单位已注销，其印章不得再使用；尚未刻制的，可以撤回备案。")
        case RegistryState.REVOKED:
            return _("登记机关显示该单位的营业执照已被吊销。")
    return ""


def standing_of(filing: SealFiling, seals: Sequence[Seal]) -> list[Fact]:
    """One fact for each receiver that is owed something about the filing or its seals (送达情况), in one query."""
    codes = [seal.code for seal in seals]
    about = Q(message__record_kind="filing", message__record_id=filing.number) | Q(
        message__record_kind="seal", message__record_id__in=codes
    )
    states: dict[str, list[str]] = defaultdict(list)
    latest: dict[str, dt.datetime | None] = {}
    rows = OutboxDelivery.objects.filter(about, subscriber__in=_receivers).order_by()
    for subscriber, state, sent_at in rows.values_list("subscriber", "state").annotate(Max("sent_at")):
        states[subscriber].append(state)
        latest[subscriber] = max(filter(None, (latest.get(subscriber), sent_at)), default=None)
    facts = []
    for subscriber, label in _receivers.items():
        known = states.get(subscriber, ())
        if DeliveryState.PARKED in known:
            facts.append(Fact(label, _("送达有误，由平台运维人员处理；不影响办理。")))
        elif DeliveryState.PENDING in known:
            facts.append(Fact(label, _("等待送达，系统自动发送；不影响办理。")))
        elif latest.get(subscriber):
            facts.append(Fact(label, _("已送达 %(at)s") % {"at": moment(latest[subscriber])}))
    return facts
