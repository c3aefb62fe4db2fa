"""`make walk`: the main job through HTTP as real clients do it (全程走查). Executed as `python -m sealreg.local.walk`.

Against a running `make run`. A new company each time, one line a step, every result checked; the exit code is 0 only
when all were. Nothing is asked of the portal's database: the company is founded at the mock registry, shop, citizen,
bank and police use their pages and interfaces, the two mock agencies say what reached them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from sealreg.local.browsing import Browser, NotAsExpected
from sealreg.local.paths import local_dir
from sealreg.local.ports import HOST
from sealreg.local.run import DEFAULT_PORT, chosen_port
from sealreg.local.supervisor import RUN_FILE, StartFailed
from sealreg.local.walk_bank import Bank, check_chip, check_seal
from sealreg.local.walk_people import sign_in
from sealreg.local.walk_shop import ShopErrand
from sealreg.units import synthetic

SHOP_CODE = synthetic.credit_code(800_000)  # the cast's shop, as licensing.demo makes it
SHOP_NAME, AREA = "顺德青石印章有限公司", "440606"
PATIENCE = 90.0
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Stack:
    """Where the running stack is (运行中的环境)."""

    folder: Path
    port: int

    @property
    def portal(self) -> str:
        return f"http://{HOST}:{self.port}"

    def mock(self, step: int, path: str, body: object = None) -> dict[str, Any]:
        """Ask a mock agency: step 1 the registry, 2 the Ministry. Raises NotAsExpected."""
        with httpx.Client(base_url=f"http://{HOST}:{self.port + step}", trust_env=False, timeout=30) as link:
            answer = link.post(path, json=body) if body is not None else link.get(path)
        if answer.status_code not in (200, 201):
            raise NotAsExpected(f"{path} at port {self.port + step} answers {answer.status_code}: {answer.text[:200]}")
        found: dict[str, Any] = answer.json()
        return found


def find_stack() -> Stack:
    """The running stack (查找运行环境): PORT of the environment, else what the run of this folder wrote down.

    Raises StartFailed with what to do.
    """
    folder = local_dir()
    port = chosen_port(os.environ.get("PORT", "").strip())
    if not os.environ.get("PORT"):
        try:
            row = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
            port = int(str(row["url"]).rstrip("/").rpartition(":")[2])
        except (OSError, ValueError, KeyError):
            port = DEFAULT_PORT
    link = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        link.request("GET", "/healthz")
        status = link.getresponse().status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        link.close()
    if status != 200:
        raise StartFailed(
            f"no stack answers at http://{HOST}:{port}/. Start it with `make run` in another terminal and wait for "
            "its Ready line; another port: PORT=9000 make walk"
        )
    return Stack(folder, port)


def until(what: str, look: Callable[[], Found | None], seconds: float = PATIENCE) -> Found:
    """Look until there is something (等待结果). Raises NotAsExpected when it does not come in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotAsExpected(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.25)


class Walk:
    """The steps in their order (走查步骤). Each returns the sentence that is printed."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.company: dict[str, Any] = {}
        self.errand = ShopErrand(stack.portal)

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        return [
            ("registry", self.found_company),
            ("draft", self.await_draft),
            ("submit", self.submit),
            ("notice", self.await_notice),
            ("make", self.make),
            ("ministry", self.await_ministry),
            ("registry back", lambda: self.await_callbacks("SUBMITTED", "FILED")),
            ("collect", self.collect),
            ("delivered", self.await_delivery),
            ("citizen", self.citizen),
            ("bank, seal", self.bank_seal),
            ("bank, chip", self.bank_chip),
            ("police", self.police),
        ]

    def found_company(self) -> str:
        """A company is founded and chooses its shop; every person in it is invented."""
        seed = time.time_ns() % 600_000_000
        person = {
            "name": f"行{'若知允景怀望'[seed % 6]}{'川微和行瑾岳'[seed // 6 % 6]}", "phone": synthetic.mobile(seed),
            "id_type": "1", "id_number": synthetic.identity_number(seed),
        }  # fmt: skip
        order = {
            "area": AREA, "shop": {"uscc": SHOP_CODE, "area": AREA}, "seals": [{"seal_type": "1"}],
            "established_on": self.errand.today(), "legal_representative": person,
        }  # fmt: skip
        answer = self.stack.mock(1, "/_control/enterprises", order)
        self.company = answer["enterprise"]
        if not self.company["business_id"] or not answer["exchange"]:
            raise NotAsExpected(f"the registry made no order of it: {answer}")
        return f"{self.company['name']} {self.uscc} chose {SHOP_NAME}, business {self.company['business_id']}"

    @property
    def uscc(self) -> str:
        return str(self.company["uscc"])

    def await_draft(self) -> str:
        how = self.errand.sign_in()
        number = until("the draft at the shop", lambda: self.errand.draft_of(self.uscc))
        return f"draft {number} waits at the shop; its clerk signed in by {how}"

    def submit(self) -> str:
        due = self.errand.submit(self.company)
        if not self.errand.code.startswith(AREA):
            raise NotAsExpected(f"the code {self.errand.code} is not of the unit's county")
        return f"filing {self.errand.number} has code {self.errand.code} at once, nobody approved it; limit {due}"

    def await_notice(self) -> str:
        phone = self.company["legal_representative"]["phone"]
        folder = self.stack.folder / "sms"

        def look() -> str:
            for path in folder.glob("*.json"):
                told = json.loads(path.read_text(encoding="utf-8"))
                mine = told["phone"] == phone and told["params"].get("number") == self.errand.number
                if mine and told["template"] == "filing.submit_filing":
                    return path.stem
            return ""

        return f"text message {until('the message to the contact', look)} to ***{phone[-4:]} names the filing"

    def make(self) -> str:
        left = self.errand.make()
        return f"imprint measured, chip {self.errand.chip} bound ({left}), filing {self.errand.number} filed"

    def ministry_record(self, operation: str) -> dict[str, Any] | None:
        rows = self.stack.mock(2, f"/_control/records?seal_code={self.errand.code}")["records"]
        told = [row for row in rows if json.loads(row["payload"]).get("czzt") == operation]
        if len(told) > 1:
            raise NotAsExpected(f"the Ministry holds operation {operation} of {self.errand.code} {len(told)} times")
        return dict(told[0]) if told else None

    def await_ministry(self) -> str:
        row = until("the record at the Ministry", lambda: self.ministry_record("12"))
        told = json.loads(row["payload"])
        wanted = {"yzbm": self.errand.code, "tyshxydm": self.uscc, "yzxpbm": self.errand.chip, "yzztdm": "3"}
        if wrong := {name: told.get(name) for name, value in wanted.items() if told.get(name) != value}:
            raise NotAsExpected(f"the Ministry holds {wrong} instead of {wanted}")
        (kept,) = self.stack.mock(2, f"/v1/receipts/{row['key']}")["acknowledgements"]
        if kept["receipt"] != row["receipt"]:
            raise NotAsExpected(f"the receipt is {kept['receipt']}, not {row['receipt']}")
        return f"record of {self.errand.code} once, receipt {row['receipt']}, key {row['key']}"

    def await_callbacks(self, *wanted: str) -> str:
        business = self.company["business_id"]

        def look() -> dict[str, str]:
            told, after = {}, 0
            while rows := self.stack.mock(1, f"/_control/records?kind=messages&limit=500&after={after}")["records"]:
                after = rows[-1]["number"]
                for row in rows:
                    body = json.loads(row["body"])
                    if body.get("business_id") == business and body.get("filing_number") == self.errand.number:
                        told[body["status"]] = row["receipt"]
            return told if set(wanted) <= set(told) else {}

        told = until(f"the call-back of {' and '.join(wanted)}", look)
        return ", ".join(f"{status} receipted {told[status]}" for status in wanted)

    def collect(self) -> str:
        self.errand.deliver(self.company["legal_representative"])
        return f"{self.errand.code} handed over against identity document and imprint card: in use"

    def await_delivery(self) -> str:
        row = until("the delivery at the Ministry", lambda: self.ministry_record("16"))
        return f"Ministry receipt {row['receipt']}; registry {self.await_callbacks('DELIVERED')}"

    def citizen(self) -> str:
        browser, number, code = Browser(self.stack.portal), self.errand.number, self.errand.code
        missed = browser.get("/progress/").send({"number": number, "second_fact": "000000"}).says("未查到")
        if code in missed.text:
            raise NotAsExpected("a wrong second fact shows the seal")
        found = browser.get("/progress/").send({"number": number, "second_fact": self.uscc[-6:]})
        rated = found.says("已领取", code).send({"grade": "5", "remark": ""}).says("感谢您的评价")
        if "grade" in {name for form in rated.forms for name in form.names}:
            raise NotAsExpected("the work may be rated twice")
        browser.get("/check/").send({"code": code, "holder": self.uscc}).says("查到有效备案", self.company["name"])
        browser.get("/check/").send({"code": code, "holder": SHOP_CODE}).says("未查到")
        browser.close()
        return "progress and check answer the right pair, and nothing to a wrong one; rated 5"

    def bank_seal(self) -> str:
        self.bank = Bank(self.stack.portal, self.stack.folder)
        return check_seal(self.bank, self.errand.code, self.uscc, other=SHOP_CODE)

    def bank_chip(self) -> str:
        return check_chip(self.bank, self.errand.chip, self.uscc)

    def police(self) -> str:
        page = f"/police/filings/{self.errand.number}/"
        seen: list[str] = []
        for who, status in {"shunde": 200, "foshan": 200, "sheng": 200, "nanhai": 404, "luohu": 404}.items():
            browser = Browser(self.stack.portal)
            how = sign_in(browser, who)
            found = browser.get(page)
            if found.status != status or (status == 200) != (self.company["name"] in found.text):
                raise NotAsExpected(f"{who} gets {found.status} for {page}, not {status}")
            seen.append(f"{who} {status} ({how})" if not seen else f"{who} {status}")
            browser.close()
        return f"{', '.join(seen)}: afterwards, each its own ground"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make walk", description="The main job through HTTP, every result checked.")
    parser.parse_args()
    try:
        walk = Walk(find_stack())
    except StartFailed as failure:
        print(f"Cannot walk: {failure}", file=sys.stderr)
        return 2
    began, name = time.monotonic(), ""
    steps = walk.steps()
    try:
        for place, (name, step) in enumerate(steps, start=1):
            begun = time.monotonic()
            said = step()
            print(f"walk {place}/{len(steps)} {name}: {said} · {time.monotonic() - begun:.2f} s", flush=True)
    except (NotAsExpected, httpx.HTTPError, OSError, KeyError, ValueError) as failure:
        print(f"walk {name}: FAILED: {failure or type(failure).__name__}", file=sys.stderr, flush=True)
        return 1
    print(f"walk: {len(steps)} steps, all checked, {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
