"""Records of chips (芯片的记录)."""

from chips.models.alarms import AlarmKind, ChipAlarm
from chips.models.anomalies import AnomalyKind, AnomalyRule
from chips.models.batches import BatchManifest, ChipBatch, InjectionIntent, InstituteKey, MakerLot
from chips.models.chip import Chip, ChipChallenge, ChipQuerySet, Suite
from chips.models.consignments import (
    Consignment,
    ConsignmentKind,
    ConsignmentLine,
    ConsignmentScan,
    SampleCheck,
)
from chips.models.custody import CustodyEntry, CustodyMonth, CustodyMove, CustodyParty, MoveKind, PartyKind
from chips.models.endings import ChipEnding, ChipPackaging, DiscardReason, EndingKind
from chips.models.orders import ChipOrder
from chips.models.receipts import ChipReceiptLine
from chips.models.supply import (
    ChipAgreement,
    ChipPilot,
    ChipPrice,
    TrainingAttendance,
    TrainingInvitation,
    TrainingSession,
)
from chips.models.writing import CardAct, CardWriting, EndProof

__all__ = [
    "AlarmKind",
    "AnomalyKind",
    "AnomalyRule",
    "BatchManifest",
    "CardAct",
    "CardWriting",
    "Chip",
    "ChipAgreement",
    "ChipAlarm",
    "ChipBatch",
    "ChipChallenge",
    "ChipEnding",
    "ChipOrder",
    "ChipPackaging",
    "ChipPilot",
    "ChipPrice",
    "ChipQuerySet",
    "ChipReceiptLine",
    "Consignment",
    "ConsignmentKind",
    "ConsignmentLine",
    "ConsignmentScan",
    "CustodyEntry",
    "CustodyMonth",
    "CustodyMove",
    "CustodyParty",
    "DiscardReason",
    "EndProof",
    "EndingKind",
    "InjectionIntent",
    "InstituteKey",
    "MakerLot",
    "MoveKind",
    "PartyKind",
    "SampleCheck",
    "Suite",
    "TrainingAttendance",
    "TrainingInvitation",
    "TrainingSession",
]
