"""Known key bytes stand nowhere; planted ones are found (密钥金丝雀)."""

import base64

import pytest

from chips.models import ChipChallenge
from sealreg.clock import now
from tests.keys.canary import Life, dump_database, forms_of, hits_in

SECRET = bytes(range(200, 216))


@pytest.mark.parametrize("before", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("form", ["raw", "hex", "HEX", "python", "base64"])
def test_the_search_finds_a_planted_key(before, form):
    text = {
        "raw": b"x" * before + SECRET + b"yz",
        "hex": b"x" * before + SECRET.hex().encode(),
        "HEX": b"x" * before + SECRET.hex().upper().encode(),
        "python": repr(b"x" * before + SECRET).encode(),
        "base64": base64.b64encode(b"x" * before + SECRET + b"yz"),
    }[form]
    assert hits_in(text, {"key": SECRET}) != []
    assert hits_in(text, {"key": SECRET[::-1]}) == []
    assert min(len(piece) for piece in forms_of(SECRET).values()) >= 16


def test_known_keys_stand_nowhere(own_database, settings, tmp_path):
    life = Life(tmp_path)
    life.live()
    secrets, places = life.secrets, life.places()
    assert len(secrets) == 7
    assert {name: found for name, data in places.items() if (found := hits_in(data, secrets))} == {}
    empty = [name for name, data in places.items() if not data and name != "media"]
    assert empty == []


def test_a_key_in_the_database_would_be_seen(own_database):
    ChipChallenge.objects.create(
        txn="0" * 16, uid="04A1B2C3D4E5F6", asked_by=SECRET.hex(), purpose="x", nonce=SECRET, issued_at=now(),
        answerable_until=now().replace(year=2100),
    )  # fmt: skip
    assert {line.split(" as ")[1] for line in hits_in(dump_database(), {"key": SECRET})} >= {"hex"}
