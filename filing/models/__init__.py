"""Records of filing (备案、印章与编码计数)."""

from filing.day_figures import DayFigure
from filing.models.codes import CodeCounter
from filing.models.filings import PRESSING, FilingQuerySet, SealFiling
from filing.models.followed import Disavowal, FilingReturn, Rating
from filing.models.scope import FilingScope
from filing.models.seals import CHIP_DUTY_FROM, USE_ENDED, Seal, SealLoss, SealQuerySet

__all__ = [
    "CHIP_DUTY_FROM",
    "PRESSING",
    "USE_ENDED",
    "CodeCounter",
    "DayFigure",
    "Disavowal",
    "FilingQuerySet",
    "FilingReturn",
    "FilingScope",
    "Rating",
    "Seal",
    "SealFiling",
    "SealLoss",
    "SealQuerySet",
]
