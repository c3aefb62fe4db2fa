"""A life of known keys, and the search for them everywhere they must not be (密钥金丝雀)."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import os
import subprocess
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from chips.crypto.secret import Secret
from chips.keys import file_store
from chips.keys.block import join_components
from chips.keys.choices import KeyAct
from chips.keys.derivation import batch_key, chip_key
from chips.keys.keystore import current_keystore
from chips.keys.models import KeyCeremony, KeyVersion
from chips.simulator.institute import Institute
from chips.simulator.store import CardStore
from chips.verification import ChipAnswer, ask_chip, check_answer
from sealreg.clock import now
from sealreg.local.paths import postgres_bin
from tests.chips.cards import masters
from tests.factories.chips import chips
from tests.factories.keys import Custody, Delivery, custody
from tests.portal.signing_in import client_of

UID = "04C0FFEE000001"
BATCH = "CANARY-1"


def forms_of(secret: bytes) -> dict[str, bytes]:
    """Every form in which key bytes could stand in a text (密钥的各种写法)."""
    found = {
        "raw": bytes(secret),
        "hex": secret.hex().encode(),
        "HEX": secret.hex().upper().encode(),
        "spaced": secret.hex(" ").encode(),
        "python": repr(bytes(secret))[2:-1].encode(),
        "pg": b"\\\\x" + secret.hex().encode(),
    }
    for shift in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            # Only the letters that no neighbour of the secret has a part in.
            first = -(-shift * 8 // 6)
            last = (shift + len(secret)) * 8 // 6
            found[f"{name}+{shift}"] = encode(bytes(shift) + bytes(secret))[first:last]
    return found


def hits_in(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    """Which secrets stand in the data, and in what form (命中)."""
    return [f"{name} as {form}" for name, secret in secrets.items() for form, text in forms_of(secret).items()
            if text in data]  # fmt: skip


class Life:
    """Keys imported, used, misused, rotated, destroyed, by pages and by verbs, with every text of it kept (全过程)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: dict[str, bytes] = {}
        self.two: Custody = custody(settings, folder, at=now())
        self.cards = CardStore(folder / "cards", b"c" * 32)
        self.sent = Delivery()
        self.log = io.StringIO()

    @property
    def secrets(self) -> dict[str, bytes]:
        """Everything that must stand nowhere (机密清单)."""
        of_batch = batch_key(self.sent.suite, self.sent.key, batch_no=BATCH, version=self.sent.version)
        contents = file_store.read(
            settings.KEYSTORE_PATH, (settings.KEYSTORE_PASSPHRASE, settings.KEYSTORE_PASSPHRASE_2)
        )
        signing = {
            f"signing key {name.version}": key for name, (key, _public) in contents.keys.items() if len(key) == 32
        }
        return signing | {
            "master": self.sent.key,
            "first half": self.sent.halves[0],
            "second half": self.sent.halves[1],
            "transport key": join_components(*self.sent.halves),
            "batch key": of_batch,
            "chip key": chip_key(self.sent.suite, of_batch, uid=UID, version=self.sent.version),
        }

    @contextlib.contextmanager
    def logging_everything(self) -> Iterator[None]:
        handler = logging.StreamHandler(self.log)
        handler.setLevel(logging.DEBUG)
        root = logging.getLogger()
        before, others = root.level, root.handlers
        root.handlers = [handler]
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.handlers = others
            root.setLevel(before)

    def live(self) -> None:
        """The whole life (全过程)."""
        with self.logging_everything():
            self.two.hold(KeyAct.SIGNING)
            self._import_by_pages()
            self.two.hold(KeyAct.ACTIVATE, KeyVersion.objects.get(purpose="VERIFY"))
            self._use_a_chip()
            self._misuse()
        self.texts["log"] = self.log.getvalue().encode()

    def _import_by_pages(self) -> None:
        first, second = client_of(self.two.first), client_of(self.two.second)
        half = {
            "secret_component": self.sent.halves[0].hex(),
            "component_check": self.sent.envelope(0)["component_check"],
        }
        typed = {"block": self.sent.block, "check": self.sent.check, "reason": "换发"} | half
        pages = [first.post(reverse("operator_key_import"), typed | {"check": "xyz"})]
        pages.append(first.post(reverse("operator_key_import"), typed))
        url = reverse("operator_ceremony", args=[KeyCeremony.objects.get(act="IMPORT").number])
        other = {
            "decision": "confirm",
            "secret_component": self.sent.halves[1].hex(),
            "component_check": self.sent.envelope(1)["component_check"],
        }
        pages += [second.post(url, other | {"component_check": "000000"}), second.get(url), second.post(url, other)]
        pages += [second.get(url + "minutes/"), first.get(reverse("operator_keys"))]
        self.texts["pages"] = b"\n".join(page.content for page in pages)
        self.texts["cookies"] = repr(
            [first.cookies, second.cookies, dict(first.session), dict(second.session)]
        ).encode()

    def _use_a_chip(self) -> None:
        institute = Institute(self.cards, suite=self.sent.suite, version=1, masters=masters(self.sent.key))
        filled = institute.fill(UID, batch_no=BATCH)
        chips(
            "confirm_injection",
            given=[UID],
            batch_no=BATCH,
            suite=self.sent.suite,
            key_check=filled.key_check,
            at=now(),
        )
        challenge = ask_chip(UID, asked_by="bank", purpose="counter", at=now())
        check_answer(challenge, ChipAnswer(UID, 1, 3, 1, bytes(16)))
        self.texts["objects"] = repr([institute, filled, current_keystore(), self.two, self.sent, self.cards]).encode()

    def _misuse(self) -> None:
        """Faults in the middle of every operation with keys, told as talkatively as possible."""
        store = current_keystore()
        sent = self.sent
        halves = sent.halves
        nothing: Any = None
        faults: list[Callable[[], Any]] = [
            lambda: store.checks_mac(suite=sent.suite, version=1, batch_no=BATCH, uid=UID, message=nothing, mac=b""),
            lambda: store.chip_check_value(suite=sent.suite, version=1, batch_no=BATCH, uid="not hex"),
            lambda: store.sign(nothing),
            lambda: join_components(halves[0], Secret(halves[1][:3])),
            lambda: json.dumps({"task": sent.key}),
            lambda: self.two.propose(KeyAct.IMPORT, block="D", check=sent.check, **sent.envelope(0)),
        ]
        told = []
        for fault in faults:
            try:
                fault()
            except Exception as error:
                inside = error.__traceback__.tb_next if error.__traceback__ else None
                found = traceback.TracebackException(type(error), error, inside, capture_locals=True)
                told.append("".join(found.format()))
                logging.getLogger("canary").exception("a fault")
                request = RequestFactory().post("/", {"secret_component": "x"})
                reporter = ExceptionReporter(request, type(error), error, inside)
                told += [reporter.get_traceback_text(), reporter.get_traceback_html()]
            else:
                raise AssertionError("a fault was expected")
        self.texts["tracebacks"] = "\n".join(told).encode()

    def places(self) -> dict[str, bytes]:
        """Every place to search (查找范围)."""
        found = dict(self.texts)
        found["database"] = dump_database()
        found["settings"] = repr(get_default_exception_reporter_filter().get_safe_settings()).encode()
        found["environment"] = Path("/proc/self/environ").read_bytes()
        for name, folder in (("keystore", settings.KEYSTORE_PATH.parent), ("cards", self.folder / "cards"),
                             ("media", Path(settings.MEDIA_ROOT))):  # fmt: skip
            files = [path for path in folder.rglob("*") if path.is_file()]
            found[name] = b"\n".join(path.read_bytes() for path in files)
        return found


def dump_database() -> bytes:
    """The database as a thief would carry it off (数据库转储), with rows as SQL."""
    config = connections["owner"].settings_dict
    command = [
        str(postgres_bin("pg_dump")), "--inserts", "--host", config["HOST"], "--port", str(config["PORT"] or 5432),
        "--username", config["USER"], config["NAME"],
    ]  # fmt: skip
    environment = os.environ | {"PGPASSWORD": config["PASSWORD"]}
    return subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300).stdout
