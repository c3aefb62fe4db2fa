"""Records of chips (芯片的记录)."""

from chips.models.chip import Chip, ChipChallenge, Suite

__all__ = ["Chip", "ChipChallenge", "Suite"]
