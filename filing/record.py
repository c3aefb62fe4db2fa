"""The digest of a seal's record (备案记录摘要): what its chip holds and what every check computes anew.

Only what cannot change once the seal is engraved: no person, no name that a unit may change, no status.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SM3, Hash

from chips.record import told_by
from filing.models import Seal
from sealreg.database.canonical import JSON, canonical

FORM = "seal-record/1"


def record_digest(seal: Seal, *, chip_uid: str) -> bytes:
    """SM3 over the seal's immutable fields and its chip (备案记录摘要), 32 bytes. The seal has its imprint."""
    fields: dict[str, JSON] = {
        "form": FORM,
        "code": seal.code,
        "filing": seal.filing.number,
        "reason": seal.filing.reason,
        "unit": seal.unit.number,
        "shop": str(seal.shop.organisation.number),
        "seal_type": seal.seal_type,
        "name": seal.name,
        "shape": seal.shape,
        "size_mm": f"{seal.width_mm:.1f}x{seal.height_mm:.1f}",
        "material": seal.material,
        "engraved_on": seal.engraved_on.isoformat() if seal.engraved_on else "",
        "imprint": seal.imprint.file.sha256 if seal.imprint else "",
        "chip": chip_uid,
    }
    digest = Hash(SM3())
    digest.update(canonical(fields))
    return digest.finalize()


def digest_of_chip(chip_id: int) -> bytes | None:
    """The digest of the record a chip belongs to, as it stands now (芯片现记录摘要); None for a chip without a seal."""
    seal = (
        Seal.objects.select_related("filing", "unit", "shop__organisation", "imprint__file", "chip")
        .filter(chip=chip_id)
        .first()
    )
    return record_digest(seal, chip_uid=seal.chip.uid) if seal is not None and seal.chip is not None else None


told_by(digest_of_chip)
