"""Units for tests (测试使用单位): invented names, numbers nobody holds."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from sealreg.clock import SHANGHAI
from sealreg.database.actor import SystemActor
from sealreg.units import synthetic
from sealreg.units.models import Unit, UnitKind, UnitSource
from sealreg.units.rules import UnitData
from sealreg.units.services import record_unit
from tests.factories.accounts import authority

FEED = SystemActor("registry-feed")
RECORDED_AT = dt.datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)
_count = itertools.count(1)


def unit_data(**fields: Any) -> UnitData:
    """Particulars of an invented company in Shunde (虚构单位资料)."""
    number = next(_count)
    given = {
        "name": f"佛山市顺德区青禾{number}号五金有限公司",
        "kind": UnitKind.ENTERPRISE.value,
        "area": 440606,
        "credit_code": synthetic.credit_code(number),
        "address": "大良街道测试路1号",
        "legal_representative": f"测试人{number}",
        "legal_document_kind": "RESIDENT_ID",
        "legal_document_no": synthetic.identity_number(number),
        "legal_phone": synthetic.mobile(number),
        "established_on": dt.date(2026, 5, 20),
        "registry_state": "IN_BUSINESS",
    }
    return UnitData(**(given | fields))


def unit(*, source: UnitSource = UnitSource.REGISTRY, at: dt.datetime = RECORDED_AT, **fields: Any) -> Unit:
    """A unit on file (在册单位), with its county authority."""
    data = unit_data(**fields)
    authority(data.area)
    version = 1 if source == UnitSource.REGISTRY else 0
    return record_unit(data, source=source, registry_version=version, by=FEED, at=at)
