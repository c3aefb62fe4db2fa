"""Who may do what in licensing, and where (权限与管辖): the county of the place acts, city and province look on."""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.jurisdiction import jurisdiction_of
from sealreg.accounts.models import User
from sealreg.accounts.roles import Permission
from sealreg.database.actor import Actor
from sealreg.errors import NotFound, OutsideJurisdiction, Text


class Placed(Protocol):
    """What stands in the jurisdiction of one authority (有管辖机关的记录)."""

    @property
    def authority_no(self) -> int | None: ...


def check_can_apply(actor: Actor, organisation_pk: int) -> None:
    """The shop's manager applies, files, changes and withdraws for the shop (企业办理).

    Raises NotFound for another shop's record, OutsideJurisdiction for a role that may not.
    """
    if not isinstance(actor, User) or actor.organisation is None or actor.organisation.pk != organisation_pk:
        raise NotFound
    if not actor.may(Permission.RUN_SHOP):
        raise OutsideJurisdiction(_("开办、变更等事项由企业负责人办理。"))


def check_can_handle(actor: Actor, record: Placed) -> None:
    """A county officer of the place handles (经办许可): takes in, asks for corrections, issues, proposes.

    Raises NotFound outside the jurisdiction, OutsideJurisdiction for who only looks on.
    """
    _check(actor, record, Permission.HANDLE_LICENCES, _("由企业所在地县级公安机关的经办民警办理。"))


def check_can_decide(actor: Actor, record: Placed) -> None:
    """The chief of the county-level authority of the place decides (决定许可). Raises as check_can_handle."""
    _check(actor, record, Permission.DECIDE_LICENCES, _("由企业所在地县级公安机关负责人决定。"))


def check_can_assign(actor: Actor, record: Placed) -> None:
    """Officer or chief of the place says who handles (指定经办人). Raises as check_can_handle."""
    may = actor.may if isinstance(actor, User) else None
    decides = may is not None and may(Permission.DECIDE_LICENCES)
    wanted = Permission.DECIDE_LICENCES if decides else Permission.HANDLE_LICENCES
    _check(actor, record, wanted, _("由企业所在地县级公安机关指定经办人。"))


def check_decides_apart(actor: Actor, other: str) -> None:
    """Who took the first half does not do the second (分人办理). Raises OutsideJurisdiction same_person.

    other: number of the user who did the first half. Source: threat T9.
    """
    if actor.actor_id == other:
        raise OutsideJurisdiction(_("该事项由您经办，须由另一人决定。"), code="same_person")


def check_can_keep_list(actor: Actor) -> None:
    """The province alone keeps the list of papers (维护材料清单). Raises OutsideJurisdiction list_is_provincial."""
    if not (isinstance(actor, User) and actor.may(Permission.KEEP_MATERIAL_LIST)):
        raise OutsideJurisdiction(_("申请材料清单由省厅统一制定，市、县不得增加材料。"), code="list_is_provincial")


def _check(actor: Actor, record: Placed, permission: Permission, message: Text) -> None:
    if not isinstance(actor, User) or record.authority_no is None:
        raise NotFound
    jurisdiction = jurisdiction_of(actor)
    if jurisdiction is None or record.authority_no not in jurisdiction:
        raise NotFound
    unit = actor.police_unit
    of_the_place = unit is not None and unit.level == AuthorityLevel.COUNTY
    if not (of_the_place and actor.may(permission)):
        raise OutsideJurisdiction(message)
