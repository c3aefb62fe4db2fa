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
PERSONS = ("甲保管员（模拟）", "乙保管员（模拟）")


def load_next_key(*, at: dt.datetime) -> KeyVersion | None:
    """Import the institute's next master, ready to be activated (载入待启用密钥); None when there is nothing to do."""
    waiting = KeyVersion.objects.filter(purpose=KeyPurpose.VERIFY).exclude(status="ACTIVE").exists()
    if not settings.INSTITUTE_URL or waiting:
        return None
    client, version = institute_client(), next_version(KeyPurpose.VERIFY)
    client.make_master(purpose="VERIFY", suite=SUITE, version=version, party=PROVINCE, persons=PERSONS)
    sent = client.deliver(purpose="VERIFY", suite=SUITE, version=version, party=PROVINCE, persons=PERSONS)
    halves = [_envelope(sent.delivery, place) for place in (1, 2)]
    return take_in(sent.block, sent.check, halves, at=at)


def _envelope(delivery: int, place: int) -> tuple[bytes, str]:
    """What the courier brings one custodian: in the demonstration, a file of the institute's."""
    folder: Path | None = settings.SIMULATED_ENVELOPES
    if folder is None:
        raise ImproperlyConfigured("the settings name no folder for the institute's envelopes")
    half, check = (folder / f"{delivery}-{place}.txt").read_text(encoding="ascii").split()
    return bytes.fromhex(half), check
