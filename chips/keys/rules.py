"""What a ceremony asks (密钥仪式规则)."""

from __future__ import annotations

import datetime as dt
import hmac

from django.utils.translation import gettext_lazy as _

from chips.crypto.mac import key_check_value
from chips.keys.block import TRANSPORT_BYTES, BlockHeader, BlockRefused, read_header
from chips.keys.choices import KeyAct, KeyPurpose
from chips.keys.models import KeyCeremony, KeyVersion
from chips.models import Chip
from sealreg.errors import RuleBroken

PROVINCE = "44"
LASTS = dt.timedelta(minutes=15)
# From which statuses an act leads anywhere; the state table itself decides in the end.
_POSSIBLE = {
    KeyAct.ACTIVATE: ("PRE_ACTIVE",),
    KeyAct.COMPROMISE: ("PRE_ACTIVE", "ACTIVE", "VERIFY_ONLY"),
    KeyAct.DESTROY: ("PRE_ACTIVE", "VERIFY_ONLY", "COMPROMISED"),
}


def acts_for(key: KeyVersion) -> list[KeyAct]:
    """What may be proposed for a key now (可提出的事项)."""
    return [act for act, statuses in _POSSIBLE.items() if key.status in statuses and not _needed(act, key)]


def check_act(act: KeyAct, key: KeyVersion | None) -> None:
    """The act fits the key (事项与密钥状态相符). Raises RuleBroken `key_act_impossible`, `key_still_needed`."""
    if act not in _POSSIBLE:
        return
    if key is None or key.status not in _POSSIBLE[act]:
        raise RuleBroken(_("该密钥目前的状态不能办理此事项。"), code="key_act_impossible")
    if _needed(act, key):
        message = _("仍有芯片使用该版本，销毁后这些芯片将不能核验。确已泄露的，请先宣告泄露。")
        raise RuleBroken(message, code="key_still_needed")


def _needed(act: KeyAct, key: KeyVersion) -> bool:
    if act != KeyAct.DESTROY or key.purpose == KeyPurpose.SIGN or key.status == "COMPROMISED":
        return False
    over = ("SCRAPPED", "DESTROYED")
    return Chip.objects.filter(key_version=key.key_version).exclude(status__in=over).exists()


def check_block(block: str) -> BlockHeader:
    """The block names a key of this province whose number is free (密钥块与编号).

    Raises RuleBroken at `block`: key_block_refused or key_number_taken.
    """
    try:
        header = read_header(block)
    except BlockRefused:
        header = None
    if header is None or header.province != PROVINCE or header.exportable:
        message = _("不是发给本省、不可导出的密钥块，请核对是否完整复制。")
        raise RuleBroken(message, code="key_block_refused", fields={"block": message})
    if KeyVersion.objects.filter(purpose=header.purpose, key_version=header.version).exists():
        taken = _("该用途的第%(version)s版密钥已登记，请联系灌装机构换发新版本。") % {"version": header.version}
        raise RuleBroken(taken, code="key_number_taken", fields={"block": taken})
    return header


def check_component(component: bytes | None, check: str) -> bytes:
    """The half of the transport key is the one on the paper (核对分量). Raises RuleBroken `component_wrong`."""
    if component is None or len(component) != TRANSPORT_BYTES:
        message = _("分量应为32位十六进制数。")
        raise RuleBroken(message, code="component_wrong", fields={"secret_component": message})
    if not hmac.compare_digest(key_check_value("AES-CMAC", component).encode(), check.encode()):
        message = _("分量与其校验值不符，请对照信封内的纸面重新输入。")
        raise RuleBroken(message, code="component_wrong", fields={"secret_component": message})
    return component


def check_in_time(ceremony: KeyCeremony, at: dt.datetime) -> None:
    """A proposal lasts a quarter of an hour (复核时限). Raises RuleBroken `ceremony_too_late`."""
    if at > ceremony.due_at:
        raise RuleBroken(_("已超过15分钟的复核时限，仪式失效，请重新提出。"), code="ceremony_too_late")
