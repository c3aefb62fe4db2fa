"""What of an application or a filing can be asked to be put right (补正对象), and how each is called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from licensing.choices import Regime
from licensing.models import LicenceApplication, MaterialRequirement, ShopFiling
from licensing.selectors import askable_papers
from licensing.services.corrections import PAPER

# What of a shop's statement can be wrong. Those of CORRECTABLE may be stated anew, the others are answered in words.
FIELDS: dict[str, Promise] = {
    "shop_name": _("企业名称"),
    "credit_code": _("统一社会信用代码"),
    "area": _("所在地"),
    "premises_code": _("专属管辖场所"),
    "address": _("经营地址"),
    "phone": _("对外联系电话"),
    "legal_representative": _("法定代表人（负责人）"),
    "legal_document_no": _("法定代表人证件号码"),
    "contact_phone": _("联系手机"),
    "security_officer": _("治安负责人"),
    "staff": _("从业人员"),
    "equipment": _("刻制设备"),
}


def regime_of(statement: LicenceApplication | ShopFiling) -> Regime:
    """Which law a statement is made under (适用依据)."""
    return Regime.FILING_2025 if isinstance(statement, ShopFiling) else Regime.LICENSING_2018


def in_words(item: MaterialRequirement) -> str:
    """A paper's name in the reader's language (材料名称)."""
    return item.label_en if item.label_en and (get_language() or "").startswith("en") else item.label


def note_in_words(item: MaterialRequirement) -> str:
    """What the list says beside it (材料说明)."""
    return item.note_en if item.note_en and (get_language() or "").startswith("en") else item.note


def paper_names(regime: str) -> dict[str, str]:
    """Names of all papers ever listed under a law, the newest wording of each (材料名称表), in one query."""
    rows = MaterialRequirement.objects.filter(regime=regime).order_by("applies_from", "id")
    return {row.code: in_words(row) for row in rows}


def subject_name(subject: str, papers: dict[str, str]) -> str:
    """What an item of a correction is about (补正对象名称). papers: of `paper_names`."""
    if subject.startswith(PAPER):
        code = subject.removeprefix(PAPER)
        return papers.get(code, code)
    return str(FIELDS[subject]) if subject in FIELDS else str(_("其他事项"))


def subject_choices(statement: LicenceApplication | ShopFiling) -> list[tuple[str, str]]:
    """What may be asked of a statement (可以要求补正的对象): its fields, and the papers of the list it falls under."""
    fields = [(name, str(label)) for name, label in FIELDS.items()]
    return [*fields, *((f"{PAPER}{item.code}", in_words(item)) for item in askable_papers(statement))]
