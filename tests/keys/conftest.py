"""Fixtures of the keys (密钥夹具)."""

import pytest

from chips.keys import file_store


@pytest.fixture(autouse=True)
def _quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a passphrase is a tenth of a second each time; these tests open stores by the hundred."""
    monkeypatch.setitem(file_store._SCRYPT, "n", 2**4)
