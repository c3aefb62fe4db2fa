"""Cards that are still to be written to (待写卡): the relay brings each order to its card until it has ended."""

from __future__ import annotations

from chips.models import Chip
from chips.writing import TOPIC, write_card
from sealreg.outbox.errors import TryAgain
from sealreg.outbox.registry import Delivery, Policy, subscribe

SUBSCRIBER = "chip_card"
# A card may come back into a reader weeks later: a lost seal's, when somebody presents it.
POLICY = Policy(max_attempts=60, first_delay=1, longest_delay=3600 * 12, timeout=20, lease=60, batch=10)


def bring(delivery: Delivery) -> None:
    """Carry out what is ordered for the chip (写卡). Raises TryAgain while the card gives no answer."""
    chip = Chip.objects.only("pk").get(uid=delivery.record[1])
    if why := write_card(chip.pk):
        raise TryAgain(why)


subscribe(TOPIC, SUBSCRIBER, bring, policy=POLICY)
