"""Packing, signing and sending a filled batch (装箱、签名、发运)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from django.db import connection
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from chips.logistics import parties
from chips.logistics.injector import Signer
from chips.logistics.sending import Bag, send
from chips.models import (
    BatchManifest,
    Chip,
    ChipBatch,
    Consignment,
    ConsignmentKind,
    InstituteKey,
    PartyKind,
)
from chips.permissions import check_can_inject
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, KeyUnusable, read_public_pem, thumbprint, write_public_pem
from sealreg.audit.services import record
from sealreg.database.actor import Actor, label
from sealreg.database.door import transaction
from sealreg.errors import RuleBroken
from sealreg.workflow.advance import advance, advance_many
from sealreg.workflow.registry import Telling

SCHEMA = "chip-manifest/1"
_SERIAL_LOCK = 0x53455249  # "SERI"


def _sm3(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


def merkle_root(uids: Sequence[str]) -> str:
    """Merkle root over sorted identifiers (默克尔根), SM3, 64 hex digits: leaf 00‖uid, node 01‖left‖right."""
    level = [_sm3(b"\x00" + bytes.fromhex(uid)) for uid in sorted(uids)]
    if not level:
        return _sm3(b"").hex()
    while len(level) > 1:
        paired = [_sm3(b"\x01" + level[at] + level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = [*paired, level[-1]] if len(level) % 2 else paired
    return level[0].hex()


def write_manifest(batch: ChipBatch, uids: Sequence[str], *, first_serial: int, at: dt.datetime) -> str:
    """The list of a batch as it is signed (批次清单): canonical JSON, identifiers sorted."""
    body = {
        "schema": SCHEMA, "batch": batch.number, "agreement": batch.agreement.number, "suite": batch.suite,
        "key_version": batch.key_version, "count": len(uids), "first_serial": first_serial, "uids": sorted(uids),
        "merkle_root": merkle_root(uids), "packed_at": at.isoformat(timespec="seconds"),
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def register_institute_key(pem: str, *, by: Actor, at: dt.datetime) -> InstituteKey:
    """Make a public key of the institute known (登记机构签名公钥). Raises RuleBroken at `public_pem`."""
    check_can_inject(by)
    try:
        algorithm, public = read_public_pem(pem)
    except KeyUnusable as error:
        message = _("公钥无法识别。请提供 PEM 格式的 P-256 或 SM2 公钥。")
        raise RuleBroken(message, code="public_key_unusable", fields={"public_pem": message}) from error
    with transaction(by):
        key, created = InstituteKey.objects.get_or_create(
            key_id=thumbprint(algorithm, public),
            defaults={"algorithm": algorithm, "public_pem": write_public_pem(algorithm, public), "since": at},
        )
        if created:
            record("chips.institute_key_registered", by=by, at=at, subject=("institute_key", key.key_id))
    return key


def is_signed(body: str, signature: str, key: InstituteKey) -> bool:
    """Whether the institute's key signed these bytes (核对清单签名). signature: 128 hex digits r‖s."""
    try:
        algorithm, public = read_public_pem(key.public_pem)
        raw = bytes.fromhex(signature)
    except (KeyUnusable, ValueError):
        return False
    return SUITES[Algorithm(algorithm)].verify(public, body.encode(), raw)


def _refused(message: str, code: str = "manifest_mismatch") -> RuleBroken:
    return RuleBroken(message, code=code, fields={"manifest": message})


def accept_manifest(
    batch: ChipBatch, body: str, *, key_id: str, signature: str, by: Actor, at: dt.datetime
) -> BatchManifest:
    """Take the institute's signed list of a filled batch (接收批次清单) and give its chips their serials.

    Raises RuleBroken at `manifest`: manifest_signature_wrong (also for an unknown or ended key, or a list that is not
    canonical), manifest_mismatch naming missing, extra or doubled identifiers. Nothing half done.
    """
    check_can_inject(by)
    key = InstituteKey.objects.filter(key_id=key_id, ended_at__isnull=True).first()
    if key is None or not is_signed(body, signature, key):
        raise _refused(str(_("清单签名不正确，不能接收。请与灌装机构核对。")), "manifest_signature_wrong")
    try:
        said = json.loads(body)
        uids, first = [str(uid) for uid in said["uids"]], int(said["first_serial"])
        named = (said["schema"], said["batch"], said["count"], said["merkle_root"])
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(str(_("清单内容无法识别。"))) from error
    with transaction(by):
        chips = dict(
            Chip.objects.select_for_update(of=("self",))
            .filter(batch_no=batch.number, status="INJECTED")
            .values_list("uid", "pk")
        )
        _compare(uids, set(chips))
        if named != (SCHEMA, batch.number, len(chips), merkle_root(uids)):
            raise _refused(str(_("清单的批次、数量或默克尔根与内容不一致。")))
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE chips_chip c SET serial = %s + v.place - 1
                  FROM unnest(%s::bigint[]) WITH ORDINALITY AS v(id, place) WHERE c.id = v.id
                """,
                [first, [chips[uid] for uid in sorted(uids)]],
            )
        subject = ("chip_batch", batch.number)
        advance_many(
            Chip, chips.values(), "pack_chips", by=by, at=at, subject=subject, tellings={"institute": Telling(to=())}
        )
        manifest = BatchManifest.objects.create(
            batch=batch, body=body, merkle_root=said["merkle_root"], key=key, signature=signature, quantity=len(chips),
            first_serial=first, last_serial=first + len(chips) - 1, packed_by=label(by), packed_at=at,
        )  # fmt: skip
        advance(batch, "pack_batch", by=by, at=at, facts={"merkle_root": manifest.merkle_root, "chips": len(chips)})
    return manifest


def _compare(listed: Sequence[str], filled: set[str]) -> None:
    missing, extra = sorted(filled - set(listed)), sorted(set(listed) - filled)
    doubled = len(listed) - len(set(listed))
    if not filled:
        raise _refused(str(_("该批次没有灌装完成的芯片，不能装箱。")))
    if missing or extra or doubled:
        message = _(
            "清单与批次不符：缺少%(missing)d枚%(first_missing)s，多出%(extra)d枚%(first_extra)s，重复%(doubled)d枚。"
        )
        raise _refused(
            message
            % {
                "missing": len(missing), "first_missing": f"（{missing[0]}）" if missing else "",
                "extra": len(extra), "first_extra": f"（{extra[0]}）" if extra else "", "doubled": doubled,
            }
        )  # fmt: skip


def pack_batch(batch: ChipBatch, signer: Signer, *, by: Actor, at: dt.datetime) -> BatchManifest:
    """List the filled chips, have the institute sign the list, and take it (装箱并签名)."""
    check_can_inject(by)
    with transaction(by):
        with connection.cursor() as cursor:
            # Serials run without gaps from the last one given; one packer at a time counts them.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SERIAL_LOCK])
        first = (Chip.objects.aggregate(last=Max("serial"))["last"] or 0) + 1
        uids = list(Chip.objects.filter(batch_no=batch.number, status="INJECTED").values_list("uid", flat=True))
        body = write_manifest(batch, uids, first_serial=first, at=at)
        signature = signer.sign(body.encode()).hex()
        return accept_manifest(batch, body, key_id=signer.key_id, signature=signature, by=by, at=at)


def check_manifest(batch: ChipBatch, chips: QuerySet[Chip], *, status: str) -> None:
    """The stored list still bears the institute's signature, and these are its chips (复核清单).

    chips: what is in the bag. status: of the listed chips that must be in it; one that was scrapped meanwhile is not.
    Raises RuleBroken at `manifest`: manifest_signature_wrong, manifest_mismatch.
    """
    manifest = BatchManifest.objects.select_related("key").filter(batch=batch).first()
    if manifest is None or not is_signed(manifest.body, manifest.signature, manifest.key):
        raise _refused(str(_("清单签名不正确，不能接收。请与灌装机构核对。")), "manifest_signature_wrong")
    listed = json.loads(manifest.body)["uids"]
    there = Chip.objects.filter(uid__in=listed, status=status)
    _compare(sorted(there.values_list("uid", flat=True)), set(chips.values_list("uid", flat=True)))


def ship_batch(batch: ChipBatch, *, bag_seal: str, way: str = "", by: Actor, at: dt.datetime) -> Consignment:
    """Send a packed batch to the operator (发运批次)."""
    check_can_inject(by)
    with transaction(by):
        advance(batch, "ship_batch", by=by, at=at, facts={"bag_seal": bag_seal})
        chips = Chip.objects.filter(batch_no=batch.number, status="PACKED")
        check_manifest(batch, chips, status="PACKED")
        return send(
            chips, "ship_chips", sender=parties.the(PartyKind.INSTITUTE), receiver=parties.the(PartyKind.OPERATOR),
            bag=Bag(ConsignmentKind.DELIVERY, bag_seal, way=way, batch=batch), by=by, at=at,
        )  # fmt: skip
