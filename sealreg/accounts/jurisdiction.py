"""Where each may act (管辖): half-open ranges of authority numbers, and querysets narrowed by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import AuthorityLevel
from sealreg.accounts.models import PoliceUnit, Premises, User
from sealreg.database.actor import Actor
from sealreg.errors import OutsideJurisdiction, RuleBroken
from sealreg.regions.selectors import PROVINCE, is_county_level, runs_own_node

ModelT = TypeVar("ModelT", bound=models.Model, covariant=True)


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Authority numbers from `low` up to, not including, `high` (管辖范围)."""

    low: int
    high: int

    def __contains__(self, authority_no: object) -> bool:
        return isinstance(authority_no, int) and self.low <= authority_no < self.high


WHOLE_PROVINCE = Jurisdiction(PROVINCE, PROVINCE + 10_000)


def range_for(authority_no: int, level: str) -> Jurisdiction:
    """The range an authority oversees by its number and level (按层级得管辖范围)."""
    width = {AuthorityLevel.PROVINCE: 10_000, AuthorityLevel.CITY: 100, AuthorityLevel.COUNTY: 1}[AuthorityLevel(level)]
    return Jurisdiction(authority_no, authority_no + width)


def jurisdiction_of(actor: Actor) -> Jurisdiction | None:
    """Where a person may look and, within the role, act (用户管辖范围); None for who has no territory."""
    if not isinstance(actor, User) or actor.role is None:
        return None
    if actor.police_unit is not None:
        return Jurisdiction(actor.police_unit.range_low, actor.police_unit.range_high)
    return WHOLE_PROVINCE if actor.role.reads_province else None


def within(jurisdiction: Jurisdiction | None, field: str) -> Q:
    """Condition that `field` lies in the range (管辖条件); nothing lies in no range."""
    if jurisdiction is None:
        return Q(pk__in=())
    return Q(**{f"{field}__gte": jurisdiction.low, f"{field}__lt": jurisdiction.high})


def authority_for(area: int, premises_code: str | None = None) -> int:
    """The county-level authority a place belongs to (确定管辖机关编号).

    area: six-digit division code. premises_code: of a place carved out for an authority of its own (airport).
    Raises RuleBroken: `area_not_county` when the code is not of county level, `premises_unknown`,
    `premises_elsewhere` when the premises do not lie in that division, `authority_missing` when no such authority is
    in the register. Source: decisions, "Place and power"; facts §8.3.
    """
    if premises_code:
        premises = Premises.objects.select_related("authority").filter(code=premises_code).first()
        if premises is None:
            raise RuleBroken(_("没有这个专属管辖场所，请重新选择。"), code="premises_unknown")
        if premises.area != area:
            raise RuleBroken(_("所选场所不在填写的行政区划内，请核对。"), code="premises_elsewhere")
        return premises.authority.authority_no
    if not is_county_level(area):
        raise RuleBroken(_("请选择到县（市、区）；东莞、中山选择到市。"), code="area_not_county")
    if not PoliceUnit.objects.filter(authority_no=area, level=AuthorityLevel.COUNTY).exists():
        raise RuleBroken(_("该行政区划的公安机关尚未登记，请与系统管理单位联系。"), code="authority_missing")
    return area


def check_written_here(area: int) -> None:
    """Refuse writing for a city that keeps its records on a node of its own (自建节点只读).

    Raises OutsideJurisdiction `own_node`. Source: 广公办字〔2018〕146号 三(二)1.
    """
    if runs_own_node(area):
        raise OutsideJurisdiction(
            _("广州、深圳的业务在本市系统办理，省平台只能查看，不能在此录入或修改。"), code="own_node"
        )


class ScopedQuerySet(models.QuerySet[ModelT]):
    """A queryset that knows who may see what (限定可见范围的查询). Lists and details both start from `visible_to`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.visible_to is ScopedQuerySet.visible_to:
            raise TypeError(f"{cls.__name__} must say who sees its rows: define visible_to(actor)")

    def visible_to(self, actor: Actor) -> Self:
        """The rows this actor may know of (可见范围)."""
        raise NotImplementedError
