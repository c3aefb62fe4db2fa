"""The demonstration's authorities and cast (演示机构与演示人员): invented persons, the same for the same seed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured

from sealreg.accounts.choices import AuthorityLevel, OrganisationKind
from sealreg.accounts.jurisdiction import range_for
from sealreg.accounts.models import Membership, Organisation, PoliceUnit, Premises, SecondFactor, User
from sealreg.accounts.roles import ROLES
from sealreg.accounts.services import grant_role
from sealreg.database.actor import SystemActor, label
from sealreg.database.door import transaction
from sealreg.database.numbers import number_from_digest
from sealreg.regions.selectors import PROVINCE, cities, city_of, counties, is_county_level, region
from sealreg.regions.table import Division

DEMO_PASSWORD = "Yanshi-Gongzhang-2018"  # noqa: S105 - public by design, refused outside demonstrations
AIRPORT = 440091
_LOADER = SystemActor("load-demo")
_FAMILY = "宗嵇邬昝晏茅沈岳温简卓凌乔尹蔺祁凃闵褚卫韶麦植禤邝冼缪阮柯桂游骆池庾竺屈翟"
_GIVEN = "若川知微允和景行望远思云帆书言夏南枝禾仪承谦安宁汀兰晓以恒衿之"


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation of the cast (演示机构). area: six-digit division code."""

    key: str
    kind: OrganisationKind
    name: str
    name_en: str
    area: int = PROVINCE


@dataclass(frozen=True, slots=True)
class Player:
    """A person of the cast (演示人员). place: key of a Body, number of an authority, or None for a company's user."""

    username: str
    name: str
    role: str
    place: str | int | None


BODIES = (
    Body("platform", OrganisationKind.PLATFORM, "省级平台管理办公室（演示）", "Provincial Platform Office (demo)"),
    Body("legal", OrganisationKind.PROVINCE_UNIT, "省厅法制总队（演示）", "Provincial Legal Unit (demo)"),
    Body("science", OrganisationKind.PROVINCE_UNIT, "省厅科信处（演示）", "Provincial Science and IT Unit (demo)"),
    Body("equipment", OrganisationKind.PROVINCE_UNIT, "省厅警务保障部（演示）", "Provincial Equipment Unit (demo)"),
    Body("reform", OrganisationKind.PROVINCE_UNIT, "省厅改革办（演示）", "Provincial Reform Office (demo)"),
    Body("shop", OrganisationKind.SHOP, "顺德青石印章有限公司", "Qingshi Seals Ltd, Shunde", 440606),
    Body("rival", OrganisationKind.SHOP, "顺德朱墨刻章店", "Zhumo Engraving, Shunde", 440606),
    # Its manager is about to apply, so it is not among the shops that are open already.
    Body("newshop", OrganisationKind.SHOP, "顺德新月刻章店（演示）", "Xinyue Engraving, Shunde (demo)", 440606),
    Body("bank", OrganisationKind.BANK, "岭海银行顺德支行", "Linghai Bank, Shunde Branch", 440606),
    Body("tax", OrganisationKind.TAX, "顺德区税务局（演示）", "Shunde Tax Office (demo)", 440606),
    Body("market", OrganisationKind.AGENCY, "顺德区市场监督管理局（演示）", "Shunde Market Regulation (demo)", 440606),
    Body("operator", OrganisationKind.OPERATOR, "省级印章系统运维中心（演示）", "Provincial System Operator (demo)"),
    Body("institute", OrganisationKind.INSTITUTE, "密钥灌装中心（演示）", "Key Injection Centre (demo)"),
    Body("depot", OrganisationKind.OPERATOR, "佛山市芯片仓库（演示）", "Foshan Chip Depot (demo)", 440600),
    Body("association", OrganisationKind.ASSOCIATION, "印章行业协会（演示）", "Seal Trade Association (demo)"),
)

CAST = (
    Player("shunde", "何映川", "county_officer", 440606),
    Player("shundeju", "梁守正", "county_chief", 440606),
    Player("foshan", "区文澜", "city_officer", 440600),
    Player("sheng", "江以宁", "province_officer", PROVINCE),
    Player("nanhai", "黎望舒", "county_officer", 440605),
    Player("luohu", "温海棠", "county_officer", 440303),
    Player("dongguan", "叶知行", "county_officer", 441900),
    Player("jichang", "云从周", "county_officer", AIRPORT),
    Player("fazhi", "方直言", "legal_reader", "legal"),
    Player("kexin", "钟思远", "science_reader", "science"),
    Player("jingbao", "石开济", "equipment_reader", "equipment"),
    Player("gaige", "新伯言", "reform_reader", "reform"),
    Player("xitong", "程立言", "system_administrator", "platform"),
    Player("anquan", "安若磐", "security_administrator", "platform"),
    Player("shenji", "明察微", "audit_administrator", "platform"),
    Player("jiandu", "秦鉴清", "auditor", "platform"),
    Player("dian", "石青岩", "shop_manager", "shop"),
    Player("dianyuan", "石小满", "shop_clerk", "shop"),
    Player("lindian", "朱砚生", "shop_manager", "rival"),
    Player("xindian", "简新裁", "shop_manager", "newshop"),
    Player("qiye", "林创新", "company_user", None),
    Player("yinhang", "钱守信", "bank_teller", "bank"),
    Player("shuiwu", "许税清", "tax_officer", "tax"),
    Player("shichang", "尚公平", "agency_user", "market"),
    Player("yunwei", "卫长青", "operator_staff", "operator"),
    Player("yaojia", "严守衡", "key_custodian", "operator"),
    Player("yaoyi", "单慎行", "key_custodian", "operator"),
    Player("yunweier", "卫长风", "operator_staff", "operator"),
    Player("cangku", "仓廪实", "operator_staff", "depot"),
    Player("miyao", "金锁安", "institute_staff", "institute"),
    Player("miyaoer", "金锁平", "institute_staff", "institute"),
    Player("xiehui", "谢同舟", "association_staff", "association"),
)


def load_cast(*, seed: int, at: datetime) -> tuple[int, int]:
    """Put every police authority and the cast in place (载入演示机构与人员). Returns their numbers; repeatable.

    Raises ImproperlyConfigured outside a demonstration.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("the demo cast exists only where settings.DEMO is on")
    with transaction(_LOADER):
        units = load_police_units(seed=seed, at=at)
        _load_airport_premises(units[AIRPORT])
        bodies = {body.key: put_organisation(body, seed=seed, at=at) for body in BODIES}
        hashed = make_password(DEMO_PASSWORD)
        for player in CAST:
            _load_player(player, units, bodies, hashed=hashed, seed=seed, at=at)
    return len(units), len(CAST)


def load_staff(places: Mapping[str, Organisation], *, role: str, seed: int, at: datetime) -> dict[str, User]:
    """One person of this role in each place (载入演示在岗人员), to have done what the data say was done there.

    places: key -> organisation; whoever works there already is taken. Nobody of them can sign in. Repeatable.
    """
    ids = {organisation.pk: key for key, organisation in places.items()}
    present = Membership.objects.filter(organisation__in=ids, role=role, ended_at__isnull=True).select_related("user")
    staff = {ids[member.organisation_id]: member.user for member in present.order_by("-pk") if member.organisation_id}
    missing = [key for key in places if key not in staff]
    made = [
        User(
            number=number_from_digest(demo_digest(seed, f"staff:{role}:{key}")),
            username=f"staff-{number_from_digest(demo_digest(seed, f'staff:{role}:{key}')).lower()}",
            name=_FAMILY[digest[0] % len(_FAMILY)] + "".join(_GIVEN[byte % len(_GIVEN)] for byte in digest[1:3]),
            password=make_password(None),
            created_at=at,
        )
        for key in missing
        for digest in [demo_digest(seed, f"staff:{key}")]
    ]
    with transaction(_LOADER):
        kept = User.objects.bulk_create(made)
        Membership.objects.bulk_create(
            Membership(
                user=user,
                organisation=places[key],
                role=role,
                reason="演示数据",
                granted_by=label(_LOADER),
                granted_at=at,
            )
            for key, user in zip(missing, kept, strict=True)
        )
    return staff | dict(zip(missing, kept, strict=True))


def load_police_units(*, seed: int, at: datetime) -> dict[int, PoliceUnit]:
    """The province, its cities and counties, and the airport police (公安机关名册), by authority number.

    Dongguan and Zhongshan have one authority each, of county level. The airport's number lies outside every city.
    """
    units = {}
    for division in (region(PROVINCE), *cities(), *counties()):
        level = AuthorityLevel.COUNTY if is_county_level(division.code) else AuthorityLevel(division.level)
        units[division.code] = _police_unit(
            seed, division.code, level, _bureau(division), f"{division.name_en} Public Security Bureau", at
        )
    units[AIRPORT] = _police_unit(
        seed, AIRPORT, AuthorityLevel.COUNTY, "广东省公安厅机场公安局", "Guangdong Airport Police", at
    )
    return units


def holds_other_seed(seed: int) -> bool:
    """Whether authorities of another demonstration stand in the register (是否已载入其他种子的演示)."""
    province = PoliceUnit.objects.filter(authority_no=PROVINCE).select_related("organisation").first()
    return province is not None and province.organisation.number != organisation_number(seed, f"police:{PROVINCE}")


def demo_secret(seed: int, username: str) -> str:
    """The second factor of a demo person, the same for the same seed (演示动态口令密钥)."""
    return base64.b32encode(demo_digest(seed, f"totp:{username}")[:20]).decode()


def _bureau(division: Division) -> str:
    if division.level == "PROVINCE":
        return "广东省公安厅"
    if division.level == "COUNTY" and division.name.endswith("区"):
        short = division.name[:-1] if len(division.name) > 2 else division.name
        return f"{city_of(division.code).name}公安局{short}分局"
    return f"{division.name}公安局"


def _police_unit(
    seed: int, authority_no: int, level: AuthorityLevel, name: str, name_en: str, at: datetime
) -> PoliceUnit:
    body = Body(f"police:{authority_no}", OrganisationKind.POLICE, name, name_en, authority_no)
    organisation = put_organisation(body, seed=seed, at=at)
    span = range_for(authority_no, level)
    unit, _made = PoliceUnit.objects.get_or_create(
        authority_no=authority_no,
        defaults={"organisation": organisation, "level": level, "range_low": span.low, "range_high": span.high},
    )
    return unit


def put_organisation(body: Body, *, seed: int, at: datetime) -> Organisation:
    """An organisation of the demonstration, made once for each seed and key (演示机构)."""
    organisation, _made = Organisation.objects.get_or_create(
        number=organisation_number(seed, body.key),
        defaults={
            "kind": body.kind,
            "name": body.name,
            "name_en": body.name_en,
            "area": None if body.area == AIRPORT else body.area,
            "created_at": at,
        },
    )
    return organisation


def _load_airport_premises(unit: PoliceUnit) -> None:
    for code, name, area in (
        ("baiyun-terminal", "白云机场航站区（演示）", 440111),
        ("huadu-apron", "白云机场北区（演示）", 440114),
    ):
        Premises.objects.get_or_create(code=code, defaults={"authority": unit, "name": name, "area": area})


def _load_player(
    player: Player,
    units: dict[int, PoliceUnit],
    bodies: dict[str, Organisation],
    *,
    hashed: str,
    seed: int,
    at: datetime,
) -> None:
    user, _made = User.objects.get_or_create(
        username=player.username,
        defaults={
            "number": number_from_digest(demo_digest(seed, f"user:{player.username}")),
            "name": player.name,
            "email": f"{player.username}@example.invalid",
            "password": hashed,
            "password_changed_at": at,
            "created_at": at,
        },
    )
    if not Membership.objects.filter(user=user).exists():
        place = player.place
        organisation = units[place].organisation if isinstance(place, int) else bodies[place] if place else None
        grant_role(user, organisation=organisation, role=player.role, reason="演示数据", by=_LOADER, at=at)
    if ROLES[player.role].needs_second_factor:
        SecondFactor.objects.get_or_create(
            user=user, defaults={"secret": demo_secret(seed, player.username), "enrolled_at": at}
        )


def organisation_number(seed: int, key: str) -> str:
    """Public number of a demo organisation by its key (演示机构编号)."""
    return number_from_digest(demo_digest(seed, f"organisation:{key}"))


def demo_digest(seed: int, key: str) -> bytes:
    """32 bytes that seed and key decide (演示数据摘要), from which everything random-looking is made."""
    return hashlib.sha256(f"sealreg-demo:{seed}:{key}".encode()).digest()
