"""Cards for tests (测试卡片): blank and filled, with keys everyone may know."""

from chips import profile
from chips.crypto.scp03 import KeySet
from chips.readers.acts import fill_keys
from chips.readers.transport import InProcess
from chips.simulator.institute import Masters
from chips.simulator.memory import CardMemory, Silicon

UID = "04A1B2C3D4E5F6"
TRANSPORT = KeySet(bytes([0xA1] * 16), bytes([0xA2] * 16), bytes([0xA3] * 16))
KEYS = {slot: bytes([slot]) * 15 + b"\x99" for slot in profile.SLOTS}
MANAGEMENT = KeySet(*(KEYS[slot] for slot in profile.MANAGEMENT))
MANAGE = bytes([0xB3] * 16)
DIGEST = bytes(range(0xC0, 0xE0))


def masters(verify: bytes) -> Masters:
    """A version's masters around the one a test cares about; the province's own set for writing is MANAGE."""
    return Masters(verify=verify, manage=MANAGE, issuer=bytes([0xB1] * 16), ministry=bytes([0xB2] * 16))


def blank(suite: str = "AES-CMAC", *, uid: str = UID, transport: KeySet = TRANSPORT) -> Silicon:
    keys = dict(zip(profile.ISSUER, (transport.enc, transport.mac, transport.dek), strict=True))
    return Silicon.blank(CardMemory(uid=bytes.fromhex(uid), suite=suite, keys=keys))


def filled(suite: str = "AES-CMAC") -> Silicon:
    body = blank(suite)
    fill_keys(InProcess(body), suite, TRANSPORT, KEYS, version=5)
    return body
