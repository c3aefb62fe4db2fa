"""The demonstration's papers (演示材料): a few dozen images in the store, named by many rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import io

from PIL import Image

from filing.demo_faces import draw_sample
from filing.models import Seal
from filing.specs import SPECS
from sealreg.attachments import store
from sealreg.attachments.models import Attachment, StoredFile
from sealreg.database.actor import Actor
from sealreg.database.bulk import Keys, unsaved
from sealreg.database.numbers import number_from_digest

_Face = tuple[str, str, str]
_SHEETS = {
    "IMPRINT_CARD": (60.0, "IMPRINT CARD"),
    "AUTHORISATION": (80.0, "AUTHORISATION"),
    "LOSS_REPORT": (70.0, "LOSS REPORT"),
}


class Papers:
    """Images every demonstration shares (共用图像), put into the store once; `files` are the rows that name them."""

    def __init__(self, *, at: dt.datetime) -> None:
        self._at = at
        self._faces: dict[_Face, StoredFile] = {}
        for spec in SPECS.values():
            face = (str(spec.shape), f"{spec.width_mm:.1f}", f"{spec.height_mm:.1f}")
            if face not in self._faces:
                data = draw_sample(float(spec.width_mm), float(spec.height_mm), shape=spec.shape, words="DEMO")
                self._faces[face] = self._kept(data, personal=False)
        self._sheets = {
            kind: self._kept(draw_sample(size, size, shape="SQUARE", words=words), personal=True)
            for kind, (size, words) in _SHEETS.items()
        }

    def paper(
        self, kind: str, subject: tuple[str, str], *, by: Actor, at: dt.datetime, seal: Seal | None, keys: Keys
    ) -> Attachment:
        """A paper that belongs to its record (已归入材料), unsaved. seal: whose imprint it is."""
        if seal is None:
            file = self._sheets[kind]
        else:
            file = self._faces[str(seal.shape), f"{seal.width_mm:.1f}", f"{seal.height_mm:.1f}"]
        return unsaved(
            Attachment,
            pk=keys.take(Attachment),
            number=number_from_digest(hashlib.sha256(f"{kind}:{subject[0]}:{subject[1]}".encode()).digest()),
            kind=kind,
            file=file,
            original_name="sample.png",
            uploaded_by_kind=by.actor_kind,
            uploaded_by_id=by.actor_id,
            uploaded_at=at,
            subject_kind=subject[0],
            subject_id=subject[1],
            attached_at=at,
        )

    def _kept(self, data: bytes, *, personal: bool) -> StoredFile:
        sha256 = store.digest(data)
        key_id = store.put(data, sha256=sha256, sealed=personal)
        width, height = Image.open(io.BytesIO(data)).size
        stored, _made = StoredFile.objects.get_or_create(
            sha256=sha256,
            defaults={
                "size": len(data), "media_type": "image/png", "width": width, "height": height,
                "encrypted": bool(key_id), "key_id": key_id, "stored_at": self._at,
            },
        )  # fmt: skip
        return stored
