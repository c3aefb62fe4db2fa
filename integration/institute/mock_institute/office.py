"""What the institute does (灌装机构业务): make masters, send them to a province, fill cards."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Any

import psycopg

from chips.crypto.mac import key_check_value
from chips.crypto.secret import Secret
from chips.keys.block import TRANSPORT_BYTES, BlockHeader, join_components, wrap_block
from chips.readers.acts import read_facts
from chips.readers.channel import CardRefused, NotOurCard
from chips.readers.transport import InProcess, ReaderTrouble
from chips.simulator.institute import Institute, Masters
from chips.simulator.memory import CardBroken
from chips.simulator.store import CardStore
from integration.institute.mock_institute.hierarchy import DELIVERED, master_of
from integration.institute.mock_institute.vault import Vault
from integration.mock_kit.web import Refusal

SUITES = ("AES-CMAC", "SM4-CMAC")
MOST_CHIPS = 500
MUTE_CARD = "606"
_MUTE = (CardRefused, NotOurCard, CardBroken, ReaderTrouble)
INSTITUTE, MINISTRY = "00", "MP"  # parties of the masters that no province has
_UID = re.compile(r"[0-9A-F]{14}", re.ASCII)


class Office:
    """The institute at work (灌装机构). envelopes: folder where sealed envelopes lie until the courier takes them."""

    def __init__(self, vault: Vault, *, envelopes: Path, cards: CardStore) -> None:
        self._vault, self._envelopes, self._cards = vault, envelopes, cards

    def make_master(
        self, *, purpose: str, suite: str, version: int, party: str, proposed_by: str, confirmed_by: str
    ) -> dict[str, Any]:
        """Decide that a master exists (生成主密钥): two persons, the database refuses one twice."""
        if suite not in SUITES or not 1 <= version <= 99:
            raise Refusal(400, "901", "算法套件或版本不在范围内。")
        check = key_check_value(suite, self._master(purpose, suite, version, party))
        values = ("make_master", purpose, suite, version, party, proposed_by.strip(), confirmed_by.strip(), check)
        try:
            with self._vault.connect() as connection:
                connection.execute(
                    "INSERT INTO ceremony (act, purpose, suite, version, party, proposed_by, confirmed_by, check_value)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                    values,
                )
        except psycopg.errors.CheckViolation as error:
            raise Refusal(422, "601", "须由两名保管员共同办理，用途须在清单内。") from error
        except psycopg.errors.UniqueViolation as error:
            raise Refusal(409, "602", "该主密钥已生成。") from error
        return {"purpose": purpose, "suite": suite, "version": version, "party": party, "check": check}

    def masters(self) -> list[dict[str, Any]]:
        """Every master by name and check value (主密钥清单)."""
        return self._vault.rows(
            "SELECT purpose, suite, version, party, check_value AS check FROM ceremony WHERE act = 'make_master' "
            "ORDER BY purpose, suite, version, party"
        )

    def deliver(
        self, *, purpose: str, suite: str, version: int, party: str, proposed_by: str, confirmed_by: str
    ) -> dict[str, Any]:
        """Send a master to its province (交付主密钥): a block by wire, two halves by envelope."""
        if purpose not in DELIVERED:
            raise Refusal(422, "603", "该主密钥不出灌装机构。")
        self._known(purpose, suite, version, party)
        master = self._master(purpose, suite, version, party)
        halves = [Secret(secrets.token_bytes(TRANSPORT_BYTES)) for _ in range(2)]
        block = wrap_block(join_components(*halves), master, BlockHeader(purpose, suite, version, party))
        check = key_check_value(suite, master)
        try:
            with self._vault.connect() as connection:
                row = connection.execute(
                    "INSERT INTO ceremony (act, purpose, suite, version, party, proposed_by, confirmed_by, check_value)"
                    " VALUES ('deliver', %s, %s, %s, %s, %s, %s, %s) RETURNING number",
                    (purpose, suite, version, party, proposed_by.strip(), confirmed_by.strip(), check),
                ).fetchone()
        except psycopg.errors.CheckViolation as error:
            raise Refusal(422, "601", "须由两名保管员共同办理。") from error
        number = int(row["number"]) if row else 0
        for place, half in enumerate(halves, start=1):
            self._seal_envelope(f"{number}-{place}", half)
        return {"delivery": number, "block": block, "check": check, "suite": suite, "version": version}

    def fill(self, *, batch_no: str, suite: str, version: int, party: str, uids: list[str]) -> list[dict[str, Any]]:
        """Fill cards (灌装): the intent is kept first, and a chip once filled answers the same again."""
        if not 1 <= len(uids) <= MOST_CHIPS or len(set(uids)) != len(uids):
            raise Refusal(400, "901", f"一次灌装 1 至 {MOST_CHIPS} 枚，编号不得重复。")
        if not all(_UID.fullmatch(uid) for uid in uids) or not re.fullmatch(r"[A-Z0-9-]{1,20}", batch_no):
            raise Refusal(400, "901", "芯片编号应为14位十六进制数，批次号应为1至20位大写字母、数字或连字符。")
        filler = Institute(
            self._cards,
            suite=suite,
            version=version,
            masters=Masters(
                verify=self._made("VERIFY", suite, version, party),
                manage=self._made("MANAGE", suite, version, party),
                issuer=self._made("ISSUER", suite, version, INSTITUTE),
                ministry=self._made("MINISTRY", suite, version, MINISTRY),
            ),
        )
        with self._vault.connect() as connection:
            connection.cursor().executemany(
                "INSERT INTO injection (batch_no, uid, version, suite) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [(batch_no, uid, version, suite) for uid in uids],
            )
        with self._vault.connect() as connection:
            rows = connection.execute(
                "SELECT uid, batch_no, key_check FROM injection WHERE version = %s AND uid = ANY(%s) FOR UPDATE",
                (version, uids),
            ).fetchall()
            strange = [row["uid"] for row in rows if row["batch_no"] != batch_no]
            if strange:
                raise Refusal(409, "604", "部分芯片已属其他批次。", uids=strange[:20])
            done = {row["uid"]: row["key_check"] for row in rows}
            fresh = [uid for uid in uids if done[uid] is None]
            try:
                for uid in fresh:
                    done[uid] = filler.fill(uid, batch_no=batch_no).key_check
            except _MUTE as error:
                raise Refusal(422, MUTE_CARD, "卡片没有应答。", uids=[uid]) from error
            connection.cursor().executemany(
                "UPDATE injection SET key_check = %s, done_at = now() WHERE version = %s AND uid = %s",
                [(done[uid], version, uid) for uid in fresh],
            )
        return [{"uid": uid, "key_check": done[uid]} for uid in uids]

    def look(self, uid: str) -> dict[str, Any]:
        """What a card says of itself (读卡): version and check value; a card never written is blank."""
        if not _UID.fullmatch(uid):
            raise Refusal(400, "901", "芯片编号应为14位十六进制数。")
        blank = {"uid": uid, "key_version": 0, "key_check": ""}
        try:
            facts = read_facts(InProcess(self._cards.take(uid)))
        except FileNotFoundError:
            return blank
        except _MUTE as error:
            raise Refusal(422, MUTE_CARD, "卡片没有应答。") from error
        return blank | {"key_version": facts.key_version, "key_check": facts.key_check}

    def figures(self) -> dict[str, Any]:
        """Counts for the control page (统计)."""
        (row,) = self._vault.rows(
            "SELECT count(*) FILTER (WHERE done_at IS NOT NULL) AS filled, count(*) AS begun FROM injection"
        )
        return dict(row)

    def records(self, after: str, limit: int) -> list[dict[str, Any]]:
        """Injections by chip (灌装记录)."""
        return self._vault.rows(
            "SELECT uid, batch_no, version, suite, key_check, done_at::text AS done_at FROM injection "
            "WHERE uid > %s ORDER BY uid LIMIT %s",
            (after, limit),
        )

    def _known(self, purpose: str, suite: str, version: int, party: str) -> None:
        found = self._vault.rows(
            "SELECT 1 FROM ceremony WHERE act = 'make_master' AND (purpose, suite, version, party) = (%s, %s, %s, %s)",
            (purpose, suite, version, party),
        )
        if not found:
            raise Refusal(404, "605", "缺少这一版本的主密钥，请先由两人生成。")

    def _made(self, purpose: str, suite: str, version: int, party: str) -> Secret:
        self._known(purpose, suite, version, party)
        return self._master(purpose, suite, version, party)

    def _master(self, purpose: str, suite: str, version: int, party: str) -> Secret:
        return master_of(self._vault.root, purpose=purpose, suite=suite, version=version, party=party)

    def _seal_envelope(self, name: str, half: bytes) -> None:
        """Paper in a sealed envelope, played by a file only the owner reads; it goes by courier, never by wire."""
        self._envelopes.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._envelopes / f"{name}.txt"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(f"{half.hex().upper()} {key_check_value('AES-CMAC', half)}\n")
