"""Errors of checking (核验错误)."""

from __future__ import annotations

from sealreg.errors import Conflict


class ChallengeOver(Conflict):
    """The challenge was answered before or its time is over (质询已失效): 410, ask anew."""

    status = 410
