"""Units by the million for benchmarks (批量使用单位): deterministic, invented, loaded by COPY."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import psycopg

from sealreg.clock import SHANGHAI
from sealreg.database.numbers import ALPHABET, _check
from sealreg.regions.selectors import city_of, county_level_codes, name_of
from sealreg.units import synthetic

SEED = 20180517
# The common characters of trade names; real names are more skewed, so a pair is rarer here than a common real one.
CHARACTERS = (
    "云山川海江河湖泉林森松柏杉桦枫梅兰竹菊荷莲桂桃李杏枣榆槐柳桐梧樟楠檀栗禾苗谷麦稻黍豆麻棉丝绸锦绣罗纱绫缎"
    "金银铜铁锡铝钢玉石珠宝琥珀翡翠玛瑙瑞祥福禄寿喜庆吉安康宁和平顺利通达昌盛隆兴旺发荣华富贵丰裕泰恒永久长远"
    "大中小上下东南西北春夏秋冬晨晓明亮光辉煌耀星月日天地宇宙乾坤元亨贞正直诚信义仁礼智勇忠孝廉节俭勤敏慧聪颖"
    "青红白黑黄蓝紫绿翠碧丹朱墨素雅清新美丽优良善好佳妙奇异卓越超凡飞腾龙凤麒麟鹏鹤鹰燕雁鸿鹄虎豹马牛羊鹿象"
    "力量动能源创造建设工业科技术文化教育体艺乐声音色香味品质精细微巧致真实纯净洁润泽滋养育生活力源"
)
INDUSTRIES = (
    "精密机械", "五金制品", "电子科技", "塑料制品", "家具制造", "服装贸易", "食品加工", "物流运输", "建筑装饰",
    "信息咨询", "环保设备", "照明电器", "陶瓷建材", "印刷包装",
    "生物医药", "汽车配件", "农业开发", "文化传播", "网络技术", "餐饮管理",
)  # fmt: skip
ENDINGS = ("有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司", "商行", "经营部", "工作室")
_COLUMNS = (
    "number", "credit_code", "registration_no", "name", "name_en", "kind", "area", "address", "legal_representative",
    "legal_document_kind", "registry_state", "registry_version", "confirmed_at", "authority_no", "version",
    "created_at", "updated_at",
)  # fmt: skip


def rows(count: int, seed: int = SEED) -> Iterator[tuple[object, ...]]:
    """So many units, the same for the same seed (生成单位): a tenth in Shunde, a fortieth to be confirmed."""
    dice = random.Random(seed)
    codes = sorted(county_level_codes())
    places = {code: (name_of(city_of(code).code), name_of(code)) for code in codes}
    start = dt.datetime(2018, 8, 1, 9, 0, tzinfo=SHANGHAI)
    letters = "".join(dict.fromkeys(CHARACTERS))
    for index in range(count):
        area = 440606 if dice.random() < 0.1 else dice.choice(codes)
        city, county = places[area]
        trade = "".join(dice.choices(letters, k=dice.choice((2, 2, 3, 4))))
        place = city if county == city else city + (county if dice.random() < 0.6 else "")
        name = f"{place}{trade}{dice.choice(INDUSTRIES)}{dice.choice(ENDINGS)}"
        at = start + dt.timedelta(seconds=index * 200)
        waiting = dice.random() < 0.025
        body = "".join(dice.choices(ALPHABET, k=11))
        yield (
            body + _check(body), synthetic.credit_code(index), "", name, "", "02", area, "测试路1号", "测试人", "",
            "IN_BUSINESS", 0 if waiting else 1, None if waiting else at, area, 1, at, at,
        )  # fmt: skip


def load(connection: psycopg.Connection[tuple[object, ...]], count: int) -> None:
    """COPY the rows, indexes built afterwards, then VACUUM ANALYZE (装载)."""
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'units_unit' AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint WHERE conrelid = 'units_unit'::regclass)"
    ).fetchall()
    for name, _definition in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY units_unit ({', '.join(_COLUMNS)}) FROM STDIN") as copy,
    ):
        for row in rows(count):
            copy.write_row(row)
    connection.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        connection.execute(str(definition))
    connection.execute("VACUUM (ANALYZE) units_unit")


def terms(connection: psycopg.Connection[tuple[object, ...]], count: int, seed: int = SEED) -> list[str]:
    """Two characters out of the trade names of random units (检索词): every one of them is found."""
    dice = random.Random(seed + 1)
    (highest,) = connection.execute("SELECT max(id) FROM units_unit").fetchone() or (0,)
    found: list[str] = []
    while len(found) < count:
        row = connection.execute(
            "SELECT name FROM units_unit WHERE id = %s", [dice.randint(1, int(str(highest)))]
        ).fetchone()
        name = str(row[0]) if row else ""
        place = next((name.index(word) for word in INDUSTRIES if word in name), 0)
        if place >= 2:
            found.append(name[place - 2 : place])
    return found
