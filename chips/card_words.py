"""What a card's trouble means, in words (写卡情况用语)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chips.models import CardWriting


def trouble_word(why: str) -> str:
    """Why a card was not written to (写卡未成的原因), by the code kept with the order."""
    words = {
        "no_answer": _("读卡器没有读到芯片"),
        "memory_failure": _("芯片存储器写入失败"),
        "keystore_locked": _("密钥库尚未解锁"),
        "another_card": _("读卡器上是另一枚芯片"),
        "not_our_card": _("芯片不能证明由灌装机构灌装"),
        "wrong_answer": _("芯片应答与备案摘要或密钥不符"),
        "active_without_digest": _("芯片已启用，却没有备案摘要"),
        "counter_regress": _("芯片认证计数重复，疑似被复制"),
        "record_mismatch": _("芯片所载摘要与备案记录不符"),
        "replaced": _("芯片已被换下"),
        "destroyed": _("芯片已登记销毁"),
        "unreadable": _("读不出，已登记"),
        "no_reader": _("办理时没有读卡器"),
        "ended_before": _("卡片在登记销毁前已被终止"),
        "not_ended": _("终止后卡内仍有密钥"),
        "still_answers": _("终止后芯片仍能应答"),
        "answers_after_end": _("已终止的芯片又有应答，疑似被复制"),
    }
    if why.startswith("state_"):
        return _("卡内状态%(state)s与登记不符") % {"state": why.removeprefix("state_").upper()}
    if why.startswith("card_"):
        return _("芯片拒绝命令，代码%(code)s") % {"code": why.removeprefix("card_").upper()}
    return words.get(why, why)


def end_state_word(state: str) -> str:
    """How the end of a card stands, in a word (终止情况), by its code of chips.terminating."""
    words = {
        "ended": _("密钥已清除"), "open": _("等待读卡"), "silent": _("没有应答"), "blocked": _("列入停用名单"),
        "mismatch": _("已告警"),
    }  # fmt: skip
    return words[state]


def end_why(writing: CardWriting) -> str:
    """By what it is known, or why not (终止依据或原因)."""
    return str(writing.get_proof_display()) if writing.proof else trouble_word(writing.why)


def end_word(writing: CardWriting, state: str) -> str:
    """Both in one line (终止情况和原因)."""
    word, why = end_state_word(state), end_why(writing)
    return _("%(word)s：%(why)s") % {"word": word, "why": why} if why else word
