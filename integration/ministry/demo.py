"""What the Ministry was told of the demonstration's seals (演示上报): rows on our side, records on the mock's."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from django.conf import settings

from filing.choices import Origin
from filing.models import Seal
from integration.ministry.mock_platform.archive import Archive, Settled
from integration.ministry.models import Acknowledgement, Act, PushRecord, PushState
from integration.ministry.push import ACTS
from integration.ministry.records import seal_bytes, told_status
from sealreg.accounts.demo import demo_digest
from sealreg.accounts.models import PoliceUnit
from sealreg.clock import shanghai
from sealreg.database.bulk import Keys, unsaved
from sealreg.database.numbers import number_from_digest

_TOPICS = {act: topic for topic, act in ACTS.items()}
_ENDS = {"LOST": Act.LOST, "SURRENDERED": Act.SURRENDERED}
_SECOND = dt.timedelta(seconds=1)


class MinistryHistory:
    """Pushes of seals made before (历史上报). The mock's records gather here until `hand_over`."""

    def __init__(self, *, seed: int, keys: Keys) -> None:
        self._seed, self._keys = seed, keys
        named = PoliceUnit.objects.select_related("organisation").values_list("authority_no", "organisation__name")
        self._owners: Mapping[int, str] = dict(named)
        self._settled: list[Settled] = []

    def rows(self, seal: Seal) -> Iterator[PushRecord | Acknowledgement]:
        """Every act on one seal with their receipts (一枚印章的上报).

        seal: unsaved, with unit, shop, filing, chip and imprint; in use, or one move further.
        """
        if seal.filed_at is None or seal.origin == Origin.MIGRATION:
            return
        delivered = seal.delivered_at is not None
        filed = seal.version - (2 + (seal.use_status != "IN_USE") if delivered else 0)
        yield from self._push(seal, Act.FILED, filed, seal.filed_at)
        if seal.delivered_at is not None:
            yield from self._push(seal, Act.DELIVERED, filed + 2, seal.delivered_at)
        if seal.use_ended_at is not None and seal.use_status in _ENDS:
            yield from self._push(seal, _ENDS[seal.use_status], seal.version, seal.use_ended_at)

    def hand_over(self, folder: Path | None) -> None:
        """Give the mock what it is said to have receipted (移交模拟平台). folder: its store, if there is one."""
        if folder is not None and self._settled:
            Archive(folder).keep_history(self._settled)
        self._settled.clear()

    def _push(self, seal: Seal, act: Act, version: int, at: dt.datetime) -> Iterator[PushRecord | Acknowledgement]:
        key = f"{_TOPICS[act]}:seal:{seal.code}:{version}"
        content = seal_bytes(seal, act, version=version, owner=self._owners[seal.authority_no])
        digest = hashlib.sha256(content).hexdigest()
        receipt = f"SIM-MPS-{digest[:16].upper()}"
        submitted = shanghai(seal.filing.submitted_at or at)
        lag = 1 + int(digest[:2], 16) % 7
        push = unsaved(
            PushRecord,
            pk=self._keys.take(PushRecord),
            number=number_from_digest(demo_digest(self._seed, f"push:{key}")),
            act=act,
            record_kind="seal",
            record_id=seal.code,
            version=version,
            key=key,
            content=content.decode(),
            sha256=digest,
            city=seal.city,
            counted_on=submitted.date(),
            state=PushState.ACKNOWLEDGED,
            created_at=at + _SECOND,
            sent_at=at + _SECOND,
            settled_at=at + lag * _SECOND,
        )
        yield push
        received = f"{shanghai(at + lag * _SECOND):%Y-%m-%dT%H:%M:%S}.000+08:00"
        kept = {
            "key": key, "yzbm": seal.code, "jlbb": version, "code": "000", "message": "成功", "receipt": receipt,
            "payload_hash": digest, "received_at": received,
        }  # fmt: skip
        answer = {"code": "000", "message": "成功", "acknowledgements": [kept]}
        yield unsaved(
            Acknowledgement,
            pk=self._keys.take(Acknowledgement), push=push, receipt=receipt, at=push.settled_at,
            content=msgspec.json.encode(answer).decode("latin-1"),
        )  # fmt: skip
        self._settled.append(
            Settled(
                key=key, seal_code=seal.code, version=version, status=told_status(act).value,
                day=f"{submitted:%Y%m%d}", payload=content, payload_hash=digest, receipt=receipt, received_at=received,
            )
        )  # fmt: skip


def mock_folder() -> Path | None:
    """Where the mock platform of this machine keeps its store (模拟平台目录); None outside a local stack."""
    folder: Path | None = settings.MOCK_MINISTRY_DIR
    return folder
