"""Code tables of the messages to the Ministry (上报代码表), all of one version that every message names.

Which codes are confirmed and which are inferred or ours: docs/integration.md.
"""

from __future__ import annotations

from enum import StrEnum

FORMAT_VERSION = "1.0"
TABLE_VERSION = "GA241.2-2000/1"


class SealKind(StrEnum):
    """印章类型."""

    STATUTORY = "01"  # 法定名称章
    FINANCE = "02"  # 财务专用章
    INVOICE = "03"  # 发票专用章
    CONTRACT = "04"  # 合同专用章
    LEGAL_REPRESENTATIVE = "05"  # 法定代表人名章
    OTHER = "99"


class SealMaterial(StrEnum):
    """章面材料."""

    ACRYLIC = "01"  # 有机玻璃
    COPPER = "02"
    STEEL = "03"
    RUBBER = "04"  # 塑橡
    HORN = "05"  # 牛角
    OTHER = "99"


class UnitKind(StrEnum):
    """使用单位类型."""

    STATE_ORGAN = "01"
    ENTERPRISE = "02"
    INSTITUTION = "03"
    SOCIAL_BODY = "04"
    PRIVATE_NON_ENTERPRISE = "05"
    OTHER = "99"


class SealStatus(StrEnum):
    """印章状态."""

    FILED = "1"  # 已备案 (before 2017: 已审批)
    ACCEPTED = "2"  # 已承接
    MADE = "3"  # 已制作
    DELIVERED = "4"  # 已交付
    SCRAPPED = "5"  # 已报废
    SURRENDERED = "6"  # 已缴销
    LOST = "7"  # 已挂失


class EngravingReason(StrEnum):
    """刻制原因."""

    NEW = "01"
    REPLACED = "02"
    LOST = "03"


class SealShape(StrEnum):
    """印章形态; the table is ours."""

    ROUND = "1"
    ELLIPSE = "2"
    SQUARE = "3"
    RECTANGLE = "4"
    OTHER = "9"


class Operation(StrEnum):
    """操作."""

    ADD = "1"
    CHANGE = "2"
    DELETE = "3"
    FILE = "12"
    LOSE = "14"
    CANCEL = "15"
    DELIVER = "16"


class PersonDocument(StrEnum):
    """证件."""

    IDENTITY_CARD = "1"
    HONG_KONG_MACAO = "2"
    TAIWAN = "3"
    PASSPORT = "4"
