"""What the shop's clerk does in the walk (走查：刻章企业): from the draft to the hand-over, on the shop's pages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from filing.demo_faces import draw_sample
from sealreg.local.browsing import Browser, NotAsExpected, Upload
from sealreg.local.walk_people import sign_in

CLERK = "dianyuan"
SIZE_MM = 40.0


def _picture(words: str, size: float = SIZE_MM) -> Upload:
    return "sample.png", draw_sample(size, size, shape="ROUND", words=words), "image/png"


class ShopErrand:
    """One filing in the hands of the clerk (店员办理). number, code and chip are known as they come about."""

    def __init__(self, address: str) -> None:
        self.browser = Browser(address)
        self.number = self.code = self.chip = ""

    def sign_in(self) -> str:
        """Sign in and open the workbench (登录). Returns how."""
        how = sign_in(self.browser, CLERK)
        self.browser.get("/shop/").says("工作台")
        return how

    def today(self) -> str:
        """The day by the time of business (业务日期), which the desk tells; it may run ahead of the real one."""
        told = re.search(r"业务时间 ?(\d{4}-\d{2}-\d{2})", self.browser.get("/demo/").text)
        if told is None:
            raise NotAsExpected("the demonstration desk does not tell the time of business")
        return told[1]

    def draft_of(self, uscc: str) -> str:
        """Number of the draft for this company, empty while there is none (查找草稿)."""
        for link in self.browser.get("/shop/", q=uscc).links:
            if found := re.fullmatch(r"/shop/filings/([0-9A-Z]{12})/edit/", link):
                self.number = found[1]
        return self.number

    def submit(self, company: Mapping[str, object]) -> str:
        """Complete the draft, look it through, submit it (提交备案). Returns how the time limit is shown."""
        person = company["legal_representative"]
        if not isinstance(person, dict):
            raise NotAsExpected("the registry names no legal representative")
        draft = self.browser.get(f"/shop/filings/{self.number}/edit/").says(str(company["name"]))
        handler = {
            "handler_name": str(person["name"]), "handler_is_representative": "on",
            "handler_document": "RESIDENT_ID", "handler_phone": str(person["phone"]), "action": "next",
        }  # fmt: skip
        wrong = draft.send(handler | {"handler_id": "110101199001011234"})
        if wrong.status != 422 or "校验" not in wrong.text:
            raise NotAsExpected(f"an identity number with a wrong check digit is answered {wrong.status}")
        check = wrong.send(handler | {"handler_id": str(person["id_number"])}).says(str(company["name"]), "核对")
        receipt = check.send({"sure": "on"}).says("已提交备案")
        codes = re.findall(r"\b44\d{11}\b", receipt.text)
        if len(set(codes)) != 1:
            raise NotAsExpected(f"the receipt should name one code: {codes}")
        self.code = codes[0]
        limit = re.search(r"办结时限： ?(.+?) 备案完成后", receipt.text)
        if limit is None:
            raise NotAsExpected("the receipt of a new enterprise shows no time limit")
        return limit[1]

    def make(self) -> str:
        """Imprint, chip, filed (制作并完成备案). Returns how many chips are left to choose from."""
        imprint = self.browser.get(f"/shop/seals/{self.code}/imprint/")
        # The day of engraving stays as the page fills it in: today by the time of business.
        small = imprint.send({}, {"imprint": _picture(self.code, size=20.0)})
        if small.status != 422 or "不符" not in small.text:
            raise NotAsExpected(f"an imprint of 20 mm for a seal of 40 mm is answered {small.status}")
        small.send({}, {"imprint": _picture(self.code)}).says("印模已登记")
        binding = self.browser.get(f"/shop/seals/{self.code}/chip/")
        stock = binding.options("stock")
        if not stock:
            raise NotAsExpected(
                "the demonstration's shop has no chip left in stock. Each walk uses one up: order more as the shop, "
                "or begin anew with `make clean` and `make run`"
            )
        self.chip = stock[0]
        binding.send({"chip_uid": self.chip}).says("芯片已捆绑")
        page = self.browser.get(f"/shop/filings/{self.number}/").says("完成备案")
        page.send({}, to=f"/shop/filings/{self.number}/complete/").says("备案已完成")
        left = len(stock) - 1
        return f"{left} chips left in stock" if left < 49 else "more than 48 chips left in stock"

    def deliver(self, taker: Mapping[str, object]) -> None:
        """Hand the seal over (交付)."""
        page = self.browser.get(f"/shop/seals/{self.code}/delivery/")
        person = {
            "taker_name": str(taker["name"]), "taker_document": "RESIDENT_ID", "taker_id": str(taker["id_number"]),
        }  # fmt: skip
        missing = page.send(person, knows=("imprint_card",))
        if missing.status != 422:
            raise NotAsExpected(f"a delivery without an imprint card is answered {missing.status}")
        missing.send(person, {"imprint_card": _picture("CARD")}).says("印章已交付并启用")
