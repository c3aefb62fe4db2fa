"""What a reader's trouble and a card's refusal mean, in words for people (读卡提示)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from chips import profile
from chips.readers.channel import CardRefused, NotOurCard
from chips.readers.transport import ReaderTrouble, Trouble
from chips.simulator.memory import CardBroken

CARD_TROUBLE = (CardRefused, NotOurCard, ReaderTrouble, CardBroken)
_UNKNOWN_OUTCOME = _("没有收到卡片应答，指令是否已执行无从知晓。请重新放卡，先查看卡片再决定是否重做。")
_TROUBLES = {
    Trouble.NO_POWER: _("卡片未上电，请重新放卡。"),
    Trouble.NO_LIBRARY: _("本机未安装 pyscard（附加依赖 readers），不能使用 PC/SC 读卡器。"),
    Trouble.NO_SERVICE: _("本机的 PC/SC 服务（pcscd）没有运行，请先启动。"),
    Trouble.NO_READER: _("找不到这个读卡器，请核对名称并检查连接。"),
    Trouble.NO_CARD: _("读卡器中没有卡片，请放卡后重试。"),
    Trouble.IN_USE: _("读卡器正被其他程序使用，请稍后重试。"),
    Trouble.RESET_BY_OTHERS: _("卡片被其他程序复位，安全通道已失效，请重新开始。"),
    Trouble.NO_CLIENT: _("远程读卡客户端没有应答，请检查地址和网络。"),
    Trouble.NOT_ADMITTED: _("远程读卡客户端不接受该口令。"),
}
_STATUSES = {
    profile.MEMORY_FAILURE: _("卡片存储写入失败，请更换卡片。"),
    profile.WRONG_LENGTH: _("指令长度不对。"),
    profile.NOT_IN_CHANNEL: _("须先打开相应的安全通道。"),
    profile.BLOCKED: _("验证失败次数已达上限，通道已锁定。"),
    profile.CONDITIONS: _("卡片当前状态不允许：可能未灌装、未激活、已销毁，或计数器已用尽。"),
    profile.BAD_SECURE_MESSAGE: _("安全报文不对，通道已关闭。"),
    profile.WRONG_DATA: _("数据不对，卡片未作任何改动。"),
    profile.FILE_NOT_FOUND: _("卡片上没有公章芯片应用。"),
    profile.HOST_REFUSED: _("卡片不认可本方密钥。"),
    profile.UNKNOWN_INS: _("卡片不支持这条指令。"),
    profile.UNKNOWN_CLA: _("卡片不支持这类指令。"),
}


def text_of(error: Exception) -> str:
    """One sentence or two for one of CARD_TROUBLE (读卡提示)."""
    if isinstance(error, CardRefused):
        meaning = _STATUSES.get(error.status, _("含义未列入芯片规格。"))
        return str(_("卡片拒绝（%(status)s）。%(meaning)s")) % {
            "status": error.status.hex().upper(),
            "meaning": meaning,
        }
    if isinstance(error, NotOurCard):
        return str(_("卡片没有证明它持有应有的密钥，或不是公章芯片。未写入任何内容。"))
    if isinstance(error, CardBroken):
        return str(_("卡片存储已损坏，无法读取，请更换卡片。"))
    return str(_TROUBLES.get(getattr(error, "trouble", Trouble.NO_ANSWER), _UNKNOWN_OUTCOME))
