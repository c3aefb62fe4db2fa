"""Who may read the papers of applications, filings and changes (开办材料查阅规则)."""

from __future__ import annotations

from licensing.models import LicenceApplication, LicenceChange, RevocationStatement, ShopFiling, ShopFilingChange
from sealreg.accounts.models import User
from sealreg.attachments.access import register_subject
from sealreg.database.actor import Actor


def may_see_papers(actor: Actor) -> bool:
    """Readers of the whole province look at records, not at people's papers (能否查阅材料)."""
    return not (isinstance(actor, User) and actor.role is not None and actor.role.reads_province)


def may_read_application(actor: Actor, number: str) -> bool:
    """Papers of an application (许可申请材料)."""
    return may_see_papers(actor) and LicenceApplication.objects.visible_to(actor).filter(number=number).exists()


def may_read_filing(actor: Actor, number: str) -> bool:
    """Papers of a shop's filing (开业备案材料)."""
    return may_see_papers(actor) and ShopFiling.objects.visible_to(actor).filter(number=number).exists()


def may_read_change(actor: Actor, number: str) -> bool:
    """The paper that proves a change (变更证明材料)."""
    return may_see_papers(actor) and LicenceChange.objects.visible_to(actor).filter(number=number).exists()


def may_read_statement(actor: Actor, number: str) -> bool:
    """The paper beside what a shop states against a revocation (陈述申辩材料)."""
    return may_see_papers(actor) and RevocationStatement.objects.visible_to(actor).filter(number=number).exists()


def may_read_filing_change(actor: Actor, number: str) -> bool:
    """The paper that proves a filed change (备案变更证明材料)."""
    return may_see_papers(actor) and ShopFilingChange.objects.visible_to(actor).filter(number=number).exists()


register_subject("licence_application", may_read_application)
register_subject("shop_filing", may_read_filing)
register_subject("licence_change", may_read_change)
register_subject("revocation_statement", may_read_statement)
register_subject("shop_filing_change", may_read_filing_change)
