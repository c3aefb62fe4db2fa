"""The institute's own store (灌装机构数据库): PostgreSQL as a role of its own, which alone may connect.

Each root component is sealed under its custodian's passphrase; masters are derived from the root and not stored.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from psycopg.rows import DictRow, dict_row

from chips.crypto.mac import key_check_value
from chips.crypto.secret import Secret
from integration.institute.mock_institute.hierarchy import COMPONENTS, ROOT_BYTES, join_root

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS root_component (
  custodian smallint PRIMARY KEY CHECK (custodian BETWEEN 1 AND 3),
  salt bytea NOT NULL, nonce bytea NOT NULL, sealed bytea NOT NULL,
  check_value text NOT NULL CHECK (check_value ~ '^[0-9A-F]{6}$')
);
CREATE TABLE IF NOT EXISTS ceremony (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  act text NOT NULL CHECK (act IN ('make_master', 'deliver')),
  purpose text NOT NULL CHECK (purpose IN ('ISSUER', 'MINISTRY', 'VERIFY', 'MANAGE')),
  suite text NOT NULL, version smallint NOT NULL CHECK (version BETWEEN 1 AND 99), party text NOT NULL,
  proposed_by text NOT NULL, confirmed_by text NOT NULL, check_value text NOT NULL,
  held_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ceremony_two_people CHECK (proposed_by <> confirmed_by)
);
CREATE UNIQUE INDEX IF NOT EXISTS master_once ON ceremony (purpose, suite, version, party) WHERE act = 'make_master';
CREATE TABLE IF NOT EXISTS injection (
  batch_no text NOT NULL, uid text NOT NULL CHECK (uid ~ '^[0-9A-F]{14}$'), version smallint NOT NULL,
  suite text NOT NULL, key_check text, began_at timestamptz NOT NULL DEFAULT now(), done_at timestamptz,
  PRIMARY KEY (batch_no, uid, version),
  CONSTRAINT injection_checked_once_done CHECK ((done_at IS NULL) = (key_check IS NULL))
);
CREATE UNIQUE INDEX IF NOT EXISTS injection_one_batch_per_chip ON injection (uid, version);
"""


class RootLocked(Exception):
    """The three passphrases do not open the three components (根密钥未解锁)."""


class Vault:
    """The store and the opened root (密钥库). passphrases: one of each of the three custodians."""

    def __init__(self, address: str, passphrases: Sequence[str]) -> None:
        self._address = address
        with self.connect() as connection:
            # Two processes that start at once would both create what is missing.
            connection.execute("SELECT pg_advisory_xact_lock(20180146)")
            connection.execute(_SCHEMA)
            self._root = _open_root(connection, passphrases)

    def __repr__(self) -> str:
        return "<vault of the institute>"

    def __reduce__(self) -> str:
        raise TypeError("a vault is not copied out of its process")

    @property
    def root(self) -> Secret:
        """The root key, in this process only (根密钥)."""
        return self._root

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[DictRow]]:
        """One transaction (数据库事务)."""
        with psycopg.connect(self._address, row_factory=dict_row) as connection:
            yield connection

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[DictRow]:
        """All rows of a query (查询)."""
        with self.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()


def _box(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, **_SCRYPT).derive(passphrase.encode()))


def _open_root(connection: psycopg.Connection[DictRow], passphrases: Sequence[str]) -> Secret:
    if len(set(passphrases)) != COMPONENTS or not all(passphrases):
        raise RootLocked("three custodians with three passphrases are needed")
    kept = connection.execute("SELECT * FROM root_component ORDER BY custodian").fetchall()
    if not kept:
        components = [Secret(os.urandom(ROOT_BYTES)) for _ in range(COMPONENTS)]
        for number, (component, passphrase) in enumerate(zip(components, passphrases, strict=True), start=1):
            salt, nonce = os.urandom(16), os.urandom(12)
            sealed = _box(passphrase, salt).encrypt(nonce, component, b"component %d" % number)
            connection.execute(
                "INSERT INTO root_component VALUES (%s, %s, %s, %s, %s)",
                (number, salt, nonce, sealed, key_check_value("AES-CMAC", component)),
            )
        return join_root(list(components))
    try:
        opened = [
            Secret(_box(phrase, row["salt"]).decrypt(row["nonce"], row["sealed"], b"component %d" % row["custodian"]))
            for row, phrase in zip(kept, passphrases, strict=True)
        ]
    except (InvalidTag, ValueError):
        raise RootLocked("a passphrase does not open its component") from None
    return join_root(list(opened))
