"""The licence as a paper that proves itself (许可证文书): signed content for the QR code, and a PDF/A made by Typst.

The paper bears no emblem, no red letterhead and no picture of a seal; a demonstration says so on it.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import noto_cjk_sans_otc
import segno
import typst
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from licensing.models import SpecialTradeLicence
from licensing.models.licences import ALIVE
from sealreg.accounts.models import PoliceUnit
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES, b64, unb64
from sealreg.api.models import ServerKey
from sealreg.api.signer import signers
from sealreg.errors import ServiceUnavailable

KIND = "sealreg-licence+jws"
SCHEMA = "licence/1"
ALG = {Algorithm.ES256: "ES256", Algorithm.SM2: "X-SM2-SM3"}
LONGEST_PROOF = 2_000
_TEMPLATE = Path(__file__).parent / "paper" / "licence.typ"
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Printed:
    """What a licence's paper said when it was made (证面内容)."""

    number: str
    holder: str
    address: str
    legal_representative: str
    premises: str
    credit_code: str
    issued_by: str
    issued_on: str
    made_at: str


def content_of(licence: SpecialTradeLicence, *, at: dt.datetime) -> Printed:
    """What stands on the licence today (证面内容). Licences from before this register fall back on the shop's entry."""
    unit = PoliceUnit.objects.select_related("organisation").filter(authority_no=licence.issued_by_no).first()
    return Printed(
        number=licence.number,
        holder=licence.holder_name or licence.shop.organisation.name,
        address=licence.address or licence.shop.address,
        legal_representative=licence.legal_representative,
        premises=licence.premises or licence.shop.address,
        credit_code=licence.shop.credit_code,
        issued_by=unit.organisation.name if unit is not None else str(licence.issued_by_no),
        issued_on=licence.issued_on.isoformat(),
        made_at=at.isoformat(timespec="seconds"),
    )


def sign(printed: Printed) -> str:
    """The content as a compact JWS (签名内容), short enough for a QR code. Raises ServiceUnavailable without a key."""
    signer = signers().get(Algorithm.ES256)
    if signer is None:
        raise ServiceUnavailable
    head = b64(json.dumps({"alg": ALG[signer.algorithm], "kid": signer.kid, "typ": KIND}, sort_keys=True).encode())
    fields = {name: getattr(printed, name) for name in Printed.__dataclass_fields__}
    body = f"{head}.{b64(_encode({'schema': SCHEMA, **fields}))}"
    return f"{body}.{b64(signer.sign(body.encode()))}"


def read_proof(proof: str) -> Printed | None:
    """What a scanned proof says, if one of our keys signed it (核验签名); None for anything else, however malformed."""
    try:
        if len(proof) > LONGEST_PROOF:
            return None
        head, body, signature = proof.split(".")
        header = json.loads(unb64(head))
        if header["typ"] != KIND or not _signed(header, f"{head}.{body}".encode(), unb64(signature)):
            return None
        content = json.loads(unb64(body))
        return Printed(**content) if content.pop("schema") == SCHEMA else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _signed(header: dict[str, str], message: bytes, signature: bytes) -> bool:
    for algorithm, signer in signers().items():
        if signer.kid == header["kid"] and ALG[algorithm] == header["alg"]:
            return SUITES[algorithm].verify(signer.public, message, signature)
    known = ServerKey.objects.filter(kid=str(header["kid"])[:43]).first()
    if known is None or ALG[Algorithm(known.algorithm)] != header["alg"]:
        return False
    return SUITES[Algorithm(known.algorithm)].verify(bytes(known.public_key), message, signature)


def differences(printed: Printed, now: Printed) -> list[str]:
    """Fields of the paper that have changed since it was made (证面与现载不一致的项目)."""
    names = ("holder", "address", "legal_representative", "premises", "credit_code")
    return [name for name in names if getattr(printed, name) != getattr(now, name)]


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    """The fonts papers are set in (文书字体), read once."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent)])


def paper_of(licence: SpecialTradeLicence, *, address: str, at: dt.datetime) -> bytes:
    """The licence as PDF/A (许可证文书), in Chinese, fonts embedded.

    address: of the public page, to which the proof is added for the QR code.
    """
    printed = content_of(licence, at=at)
    code = io.BytesIO()
    segno.make(f"{address}?proof={sign(printed)}", error="l", micro=False).save(code, kind="svg", scale=1, border=2)
    with override("zh-hans"):
        rows = [
            [_("许可证编号"), printed.number],
            [_("企业名称"), printed.holder],
            [_("统一社会信用代码"), printed.credit_code],
            [_("住所地址"), printed.address],
            [_("法定代表人（负责人）"), printed.legal_representative or "—"],
            [_("经营场所"), printed.premises],
            [_("许可事项"), _("公章刻制业")],
            [_("发证机关"), printed.issued_by],
            [_("发证日期"), printed.issued_on],
        ]
        words = {
            "title": _("特种行业许可证"),
            "rows": rows,
            "lasting": _("本许可证长期有效，不需要年审或换证。") if licence.status in ALIVE else "",
            "scan": _("扫描二维码可核验本证是否由本系统签发、内容有无变化、许可现在是否有效。"),
            "mark": "" if settings.AUTHORITY_NAME else _("演示系统 · 模拟数据 · 非公安机关网站"),
            "made": _("制作时间 %(when)s") % {"when": printed.made_at[:16].replace("T", " ")},
            "code": code.getvalue().decode(),
            "status": ""
            if licence.status == "VALID"
            else str(_("本证现为“%(status)s”") % {"status": licence.status_label}),
        }
    # A compiler of its own for each paper: one is not shared between threads, the fonts are.
    made = typst.Compiler(root=str(_TEMPLATE.parent), font_paths=fonts()).compile(
        input=str(_TEMPLATE), format="pdf", pdf_standards="a-2b", sys_inputs={"words": json.dumps(words)}
    )
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made
