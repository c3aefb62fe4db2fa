"""Records for the contract tests (样例记录); nobody in them exists."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from integration.ministry import codes
from integration.ministry.forms import PersonForm, RecordForm, SealForm, Sender, UnitForm
from sealreg.units import synthetic

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
AT = dt.datetime(2026, 11, 24, 9, 30, tzinfo=SHANGHAI)
SENDER = Sender("440000000000", "演示省级节点")


def person(index: int) -> PersonForm:
    return PersonForm(
        name=f"沈若{'清舟帆'[index % 3]}",
        phone=synthetic.mobile(index),
        document=codes.PersonDocument.IDENTITY_CARD,
        document_number=synthetic.identity_number(index),
    )


def unit(index: int = 1, **changes: Any) -> UnitForm:
    form = UnitForm(
        name="佛山市顺德区澜沐川科技有限公司",
        kind=codes.UnitKind.ENTERPRISE,
        area="440606",
        filing_unit="440606000000",
        legal_representative=person(index),
        created_at=AT,
        uscc=synthetic.credit_code(index),
        address="广东省佛山市顺德区知行路1号 A座 <3> & 附楼",
        postcode="528300",
        registered_on=dt.date(2026, 11, 20),
        business_scope="软件开发；信息系统集成服务",
    )
    return dataclasses.replace(form, **changes)


def seal(index: int = 1, **changes: Any) -> SealForm:
    form = SealForm(
        code=f"440606{index:07d}",
        version=1,
        operation=codes.Operation.FILE,
        name="佛山市顺德区澜沐川科技有限公司",
        kind=codes.SealKind.STATUTORY,
        shape=codes.SealShape.ROUND,
        status=codes.SealStatus.MADE,
        material=codes.SealMaterial.RUBBER,
        reason=codes.EngravingReason.NEW,
        size="40*40",
        making_unit="440606000001",
        filing_unit="440606000000",
        owner_name="演示县级单位",
        owner_code="440606000000",
        accepted_on=dt.date(2026, 11, 24),
        created_at=AT,
        changed_at=AT + dt.timedelta(hours=1),
        chip="04A1B2C3D4E5F6",
        chip_written_at=AT + dt.timedelta(minutes=30),
        made_on=dt.date(2026, 11, 24),
        image=(945, 945),
        registered_by="温行",
        handler=person(index + 1),
        engraver=person(index + 2),
    )
    return dataclasses.replace(form, **changes)


def record(index: int = 1, *, seals: int = 2) -> RecordForm:
    return RecordForm(unit(index), [seal(index * 10 + place) for place in range(seals)])
