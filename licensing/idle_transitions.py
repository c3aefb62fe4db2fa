"""The idleness case at work (闲置收回案状态推进): limits, and whom each move tells."""

from __future__ import annotations

from licensing.idle_states import IDLE_CASE
from licensing.models import IdleCase
from licensing.people import county_people, people_at
from sealreg.workdays.amounts import HEARING_ANSWER, IDLE_RECALL, REGISTRY_NOTICE
from sealreg.workflow import limits, registry
from sealreg.workflow.registry import Telling
from sealreg.workflow.table import Move


def _audience(case: IdleCase, party: str, move: Move) -> Telling:
    name = case.shop.organisation.name
    if party == "county":
        return Telling(
            to=county_people(case.authority_no),
            params={"shop": name, "number": case.number},
            link=f"/police/idle/{case.number}/",
            template=f"licensing.{move.verb}" if move.tells == ("county",) else f"licensing.{move.verb}_county",
        )
    return Telling(to=people_at(case.shop_id), params={"number": case.number}, link="/shop/idle/")


limits.register("idle_recall", IDLE_RECALL)
limits.register("hearing_answer", HEARING_ANSWER)
limits.register("registry_notice", REGISTRY_NOTICE)
registry.register(IDLE_CASE, audience=_audience, subject=lambda case: ("idle_case", case.number))
