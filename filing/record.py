"""The digest of a seal's record (备案记录摘要): what its chip holds and what every check computes anew.

Only what cannot change once the seal is engraved: no person, no name that a unit may change, no status.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.db import connection

from chips.record import named_by, told_by
from filing.models import Seal
from sealreg.database.canonical import JSON, canonical

FORM = "seal-record/1"


# Everything the digest covers in one narrow statement: it is part of every check of every chip.
_OF_CHIP = """
SELECT s.code, f.number, f.reason, u.number, o.number, s.seal_type, s.name, s.shape, s.width_mm, s.height_mm,
       s.material, s.engraved_on, p.sha256, c.uid
  FROM filing_seal s
  JOIN chips_chip c ON c.id = s.chip_id
  JOIN filing_sealfiling f ON f.id = s.filing_id
  JOIN units_unit u ON u.id = s.unit_id
  JOIN accounts_organisation o ON o.id = s.shop_id
  LEFT JOIN attachments_attachment i ON i.id = s.imprint_id
  LEFT JOIN attachments_storedfile p ON p.id = i.file_id
 WHERE s.chip_id = %s ORDER BY s.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class SealRecord:
    """What the digest covers (摘要内容), as the register has it."""

    code: str
    filing: str
    reason: str
    unit: str
    shop: object
    seal_type: str
    name: str
    shape: str
    width_mm: Decimal
    height_mm: Decimal
    material: str
    engraved_on: dt.date | None
    imprint: str | None
    chip: str

    def digest(self) -> bytes:
        """SM3 over the fields, 32 bytes (摘要)."""
        fields: dict[str, JSON] = {
            "form": FORM, "code": self.code, "filing": self.filing, "reason": self.reason, "unit": self.unit,
            "shop": str(self.shop), "seal_type": self.seal_type, "name": self.name, "shape": self.shape,
            "size_mm": f"{self.width_mm:.1f}x{self.height_mm:.1f}", "material": self.material,
            "engraved_on": self.engraved_on.isoformat() if self.engraved_on else "", "imprint": self.imprint or "",
            "chip": self.chip,
        }  # fmt: skip
        digest = Hash(SM3())
        digest.update(canonical(fields))
        return digest.finalize()


def record_digest(seal: Seal, *, chip_uid: str) -> bytes:
    """SM3 over the seal's immutable fields and its chip (备案记录摘要), 32 bytes. The seal has its imprint."""
    record = SealRecord(
        seal.code, seal.filing.number, seal.filing.reason, seal.unit.number, seal.shop.organisation.number,
        seal.seal_type, seal.name, seal.shape, seal.width_mm, seal.height_mm, seal.material, seal.engraved_on,
        seal.imprint.file.sha256 if seal.imprint else None, chip_uid,
    )  # fmt: skip
    return record.digest()


def digest_of_chip(chip_id: int) -> bytes | None:
    """The digest of the record a chip belongs to, as it stands now (芯片现记录摘要); None for a chip without a seal."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_CHIP, [chip_id])
        row = cursor.fetchone()
    return SealRecord(*row).digest() if row is not None else None


def codes_of_chips(chips: Sequence[int]) -> dict[int, str]:
    """Codes of the seals that have these chips (芯片所在印章编码); of one replaced in its seal there is none."""
    return dict(Seal.objects.filter(chip__in=chips).order_by("pk").values_list("chip", "code"))


told_by(digest_of_chip)
named_by(codes_of_chips)
