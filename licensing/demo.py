"""The demonstration's engraving shops (演示刻章企业): the cast's two and some sixty more, all invented."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from licensing.models import EngravingShop, SpecialTradeLicence
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.demo import BODIES, Body, demo_digest, put_organisation
from sealreg.accounts.jurisdiction import authority_for
from sealreg.database.actor import SystemActor
from sealreg.database.door import transaction
from sealreg.regions.selectors import cities, city_of, counties_of, runs_own_node
from sealreg.units import synthetic

FURTHER_SHOPS = 58
NEW_SHOP = "newshop"  # its manager is about to apply
_LOADER = SystemActor("load-demo")
_FIRST_CODE = 800_000  # running numbers of credit codes that no other demonstration or test data use
_OPENED = dt.date(2018, 8, 20)
_WORDS = (
    ("砚北", "Yanbei"), ("听松", "Tingsong"), ("墨石", "Moshi"), ("篆云", "Zhuanyun"), ("方寸", "Fangcun"),
    ("朱痕", "Zhuhen"), ("鸣泉", "Mingquan"), ("拾光", "Shiguang"), ("临渊", "Linyuan"), ("素简", "Sujian"),
)  # fmt: skip


def load_shops(*, seed: int, at: dt.datetime) -> dict[str, EngravingShop]:
    """Put the demonstration's shops and their licences in place (载入演示刻章企业). Returns them by key; repeatable.

    Keys "shop" and "rival" are those of the cast. Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("demo shops exist only where settings.DEMO is on")
    cast = [body for body in BODIES if body.kind == OrganisationKind.SHOP and body.key != NEW_SHOP]
    bodies = [*cast, *_further(seed)]
    with transaction(_LOADER):
        return {body.key: put_shop(body, index, seed=seed, at=at) for index, body in enumerate(bodies)}


def _further(seed: int) -> list[Body]:
    """Shops over all cities but the two with systems of their own, the counties of a city in turn."""
    places = [city for city in cities() if not runs_own_node(city.code)]
    made = []
    for index in range(FURTHER_SHOPS):
        city = places[index % len(places)]
        counties = counties_of(city.code)
        county = counties[index // len(places) % len(counties)]
        word, word_en = _WORDS[(index + demo_digest(seed, "shops")[0]) % len(_WORDS)]
        short = county.name if county.code == city.code else f"{city.name}{county.name}"
        made.append(
            Body(
                f"shop:{index}", OrganisationKind.SHOP, f"{short}{word}刻章店（演示）",
                f"{word_en} Engraving, {county.name_en} (demo)", county.code,
            )
        )  # fmt: skip
    return made


def put_shop(body: Body, index: int, *, seed: int, at: dt.datetime) -> EngravingShop:
    """A shop of the demonstration with its licence, made once (演示刻章企业). index: decides code and numbers."""
    organisation = put_organisation(body, seed=seed, at=at)
    opened = _OPENED + dt.timedelta(days=index * 7)
    code = f"{body.area}{index + 1:06d}"
    shop, _made = EngravingShop.objects.get_or_create(
        organisation=organisation,
        defaults={
            "code": code,
            "credit_code": synthetic.credit_code(_FIRST_CODE + index),
            "area": body.area,
            "authority_no": authority_for(body.area),
            "address": f"{city_of(body.area).name}演示路{index + 1}号",
            "phone": synthetic.mobile(_FIRST_CODE + index),
            "opened_on": opened,
        },
    )
    SpecialTradeLicence.objects.get_or_create(
        shop=shop,
        defaults={"number": f"演示许可{code}", "issued_by_no": shop.authority_no, "issued_on": opened},
    )
    return shop
