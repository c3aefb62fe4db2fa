"""The demonstration's next key (演示换发密钥): the institute makes a master, the two custodians take it in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chips.keys.choices import KeyPurpose
from chips.keys.demo import take_in
from chips.keys.models import KeyVersion
from chips.keys.rules import PROVINCE
from chips.keys.selectors import next_version
from integration.institute.client import institute_client

SUITE = "SM4-CMAC"
# Whose each master is: the institute's own, the Ministry's, the province's two.
PARTIES = {"ISSUER": "00", "MINISTRY": "MP", "MANAGE": PROVINCE, "VERIFY": PROVINCE}
PERSONS = ("甲保管员（模拟）", "乙保管员（模拟）")


def load_next_key(*, at: dt.datetime) -> KeyVersion | None:
    """Import the institute's next masters, ready to be activated (载入待启用密钥); the one for verification.

    None when there is nothing to do. A version is made whole at the institute: what it fills needs all four masters.
    """
    waiting = KeyVersion.objects.filter(purpose=KeyPurpose.VERIFY).exclude(status="ACTIVE").exists()
    if not settings.INSTITUTE_URL or waiting:
        return None
    client, version = institute_client(), next_version(KeyPurpose.VERIFY)
    for purpose, party in PARTIES.items():
        client.make_master(purpose=purpose, suite=SUITE, version=version, party=party, persons=PERSONS)
    key: KeyVersion | None = None
    for purpose in (KeyPurpose.MANAGE, KeyPurpose.VERIFY):
        sent = client.deliver(purpose=purpose.value, suite=SUITE, version=version, party=PROVINCE, persons=PERSONS)
        halves = [_envelope(sent.delivery, place) for place in (1, 2)]
        key = take_in(sent.block, sent.check, halves, at=at)
    return key


def _envelope(delivery: int, place: int) -> tuple[bytes, str]:
    """What the courier brings one custodian: in the demonstration, a file of the institute's."""
    folder: Path | None = settings.SIMULATED_ENVELOPES
    if folder is None:
        raise ImproperlyConfigured("the settings name no folder for the institute's envelopes")
    half, check = (folder / f"{delivery}-{place}.txt").read_text(encoding="ascii").split()
    return bytes.fromhex(half), check
