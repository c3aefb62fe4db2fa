"""Follow one seal (跟着一枚章走): the tour of the demonstration, each step read from the records themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from chips.selectors import stock_of
from filing.models import Disavowal, Seal, SealFiling
from integration.ministry.models import PushRecord, PushState
from licensing.models import EngravingShop
from sealreg.accounts.demo import CAST
from sealreg.accounts.models import User
from sealreg.outbox.models import DeliveryState, OutboxDelivery
from sealreg.units import synthetic
from sealreg.units.models import Unit

COUNTY = "440606"
CLERK, OFFICER, TELLER = "dianyuan", "shunde", "yinhang"
_INVENTED = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}4499[0-9]{2}[0-9A-HJ-NPQRTUWXY]{10}")
_FAMILIES, _GIVEN = "沈岳温简卓凌乔尹", ("若清", "亦舟", "思远", "云帆", "景行", "书言")
_NAMES = {player.username: player.name for player in CAST}


@dataclass(frozen=True, slots=True)
class Way:
    """Where a step leads (去向). username: of the cast, signed in by the click; empty for a page of everybody."""

    label: str
    url: str
    username: str = ""


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step (一步). state: done, current, todo; `look`: nothing to do but to look.

    waits: it goes by itself. facts: pairs of words and a value to type or to compare.
    """

    title: str
    who: str
    text: str
    state: Literal["done", "current", "todo", "look"]
    ways: tuple[Way, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Tour:
    """One enterprise's tour (一次导览)."""

    code: str
    name: str
    steps: tuple[TourStep, ...]

    @property
    def waiting(self) -> bool:
        """Whether the present step goes by itself, so that the page is worth asking again."""
        return any(step.waits and step.state == "current" for step in self.steps)

    @property
    def done(self) -> int:
        return sum(step.state == "done" for step in self.steps)


def read_code(text: str) -> str:
    """A credit code of an invented enterprise (虚构企业信用代码), empty for any other text."""
    return text if _INVENTED.fullmatch(text) else ""


def invented_person(number: int) -> dict[str, str]:
    """Who represents the enterprise and comes in person (虚构法定代表人), in the registry's fields."""
    return {
        "name": _FAMILIES[number % len(_FAMILIES)] + _GIVEN[number // 8 % len(_GIVEN)],
        "phone": synthetic.mobile(number),
        "id_type": "1",
        "id_number": synthetic.identity_number(number),
    }


def tour_of(code: str) -> Tour:
    """How far the enterprise's first seal has come (导览进展). code: of `read_code`."""
    return _Reader(code).tour()


class _Reader:
    """Everything the steps ask for, read once."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.unit = Unit.objects.filter(credit_code=code).first()
        self.filing = (
            SealFiling.objects.select_related("shop__organisation").filter(unit=self.unit).order_by("-id").first()
            if self.unit
            else None
        )
        self.seal = (
            Seal.objects.select_related("chip").filter(filing=self.filing).order_by("code").first()
            if self.filing
            else None
        )
        self.push = (
            PushRecord.objects.filter(record_kind="seal", record_id=self.seal.code, act="FILED").order_by("-id").first()
            if self.seal
            else None
        )
        self.found_current = False

    def tour(self) -> Tour:
        steps = (
            self._founded(), self._arrived(), self._submitted(), self._told(), self._engraved(), self._chipped(),
            self._acknowledged(), self._delivered(), self._open_to_all(),
        )  # fmt: skip
        return Tour(self.code, self.unit.name if self.unit else "", steps)

    def _step(
        self, title: str, who: str, text: str, *, done: bool, ways: tuple[Way, ...] = (),
        facts: tuple[tuple[str, str], ...] = (), waits: bool = False,
    ) -> TourStep:  # fmt: skip
        state: Literal["done", "current", "todo"] = "done" if done else "todo"
        if not done and not self.found_current:
            state, self.found_current = "current", True
        shown = state == "current"
        return TourStep(title, who, text, state, ways if shown else (), facts if shown else (), waits)

    def _founded(self) -> TourStep:
        return self._step(
            _("企业在登记机关设立，并选定刻章企业"),
            _("模拟登记机关"),
            _("申请设立时一并填报刻章需求，不必另跑一趟。企业和人员均为虚构。"),
            done=True,
        )

    def _arrived(self) -> TourStep:
        return self._step(
            _("登记数据推送到店，自动生成备案草稿"),
            _("系统自动"),
            _("每10秒同步一次。若久等不到，请看演示台上登记机关是否设了故障：故障排除后会自动补上，不丢不重。"),
            done=self.filing is not None,
            ways=(Way(_("查看故障开关"), f"{reverse('demo')}#switches"),),
            waits=True,
        )

    def _submitted(self) -> TourStep:
        filing = self.filing
        address = reverse("shop_draft", args=[filing.number]) if filing else ""
        return self._step(
            _("刻章企业核对并提交，当场取得回执和印章编码"),
            self._clerk(),
            _("信息已由登记数据填好，核对后提交即可。没有审批环节，提交就有编码；新办企业半个工作日内办结。"),
            done=bool(filing and filing.submitted_at),
            ways=(Way(_("以店员身份打开草稿"), address, CLERK),) if filing else (),
        )

    def _told(self) -> TourStep:
        filing = self.filing
        number = filing.number if filing else ""
        sent = bool(filing and filing.submitted_at) and _message_sent(number)
        found = self._step(
            _("单位登记联系人收到短信，可声明“非本人办理”"),
            _("使用单位联系人"),
            _("短信里有备案编号和查询地址。若不是本单位办理，凭编号和信用代码后六位即可叫停交付，并告知县级公安机关。"),
            done=sent,
            ways=self._progress_way(number),
            facts=self._second_fact(),
            waits=True,
        )
        if found.state != "done" or self._is("DELIVERED"):
            return found
        # It stays of interest until the seal is handed over.
        return TourStep(
            found.title, found.who, found.text, "done", self._progress_way(number), self._second_fact(), False
        )

    def _engraved(self) -> TourStep:
        seal = self.seal
        return self._step(
            _("刻制印章，上传印模"),
            self._clerk(),
            _("印模由系统检查尺寸、清晰度和是否只有一枚章。没有图像？请先下载样章图，再上传。"),
            done=bool(seal and seal.status not in ("ACCEPTED", "WITHDRAWN")),
            ways=(
                Way(_("下载样章印模图"), f"{reverse('demo_sample')}?{urlencode({'code': seal.code})}"),
                Way(_("以店员身份上传印模"), reverse("shop_imprint", args=[seal.code]), CLERK),
            )
            if seal
            else (),
            facts=((_("印章编码"), seal.code),) if seal else (),
        )

    def _chipped(self) -> TourStep:
        seal, filing = self.seal, self.filing
        bound = bool(seal and seal.chip_id)
        ways: tuple[Way, ...] = ()
        facts: tuple[tuple[str, str], ...] = ()
        if seal and filing and bound:
            ways = (Way(_("以店员身份完成备案"), reverse("shop_filing", args=[filing.number]), CLERK),)
        elif seal:
            ways = (Way(_("以店员身份捆绑芯片"), reverse("shop_chip", args=[seal.code]), CLERK),)
            chip = stock_of(_shop_of(seal)).first()
            facts = ((_("库存中的一枚芯片"), chip.uid),) if chip else ()
        return self._step(
            _("捆绑公章专用芯片，完成备案"),
            self._clerk(),
            _("2018年10月1日起新刻公章须装入芯片，芯片数据是备案的一部分。捆绑后点“完成备案”，时限随之停止。"),
            done=bool(filing and filing.filed_at),
            ways=ways,
            facts=facts,
        )

    def _acknowledged(self) -> TourStep:
        push = self.push
        receipt = push.acknowledgements.order_by("-id").first() if push else None
        return self._step(
            _("上报公安部平台，收到回执"),
            _("系统自动"),
            _("备案当即有效，上报在后台进行：平台故障时排队重试，交付不受影响。")
            + (_("平台退回了本次上报，请店员到通知中更正。") if push and push.state == PushState.REJECTED else ""),
            done=receipt is not None,
            ways=(Way(_("查看故障开关和待发消息"), f"{reverse('demo')}#switches"),),
            waits=True,
        )

    def _delivered(self) -> TourStep:
        seal, filing = self.seal, self.filing
        stopped = bool(filing and Disavowal.objects.filter(filing=filing, lifted_at__isnull=True).exists())
        facts: tuple[tuple[str, str], ...] = ()
        if filing and filing.handler_id:
            facts = ((_("领取人"), filing.handler_name), (_("证件号码（虚构）"), filing.handler_id))
        return self._step(
            _("经办人领取，印章启用"),
            self._clerk(),
            _("单位已声明非本人办理，交付已停止；待单位撤回声明或公安机关处理。")
            if stopped
            else _("核对领取人身份，留存印鉴卡（可用样章图代替）。交付后印章即为在用。"),
            done=bool(seal and seal.status == "DELIVERED"),
            ways=(
                Way(_("下载印鉴卡样张"), f"{reverse('demo_sample')}?{urlencode({'code': seal.code})}"),
                Way(_("以店员身份交付"), reverse("shop_delivery", args=[seal.code]), CLERK),
            )
            if seal and not stopped
            else (),
            facts=facts,
        )

    def _open_to_all(self) -> TourStep:
        seal, filing = self.seal, self.filing
        ways: tuple[Way, ...] = ()
        if seal and filing:
            ways = (
                Way(_("像市民一样查验"), f"{reverse('check_seal')}?{urlencode({'code': seal.code})}"),
                Way(_("以银行柜员身份核验"), reverse("agency_home"), TELLER),
                Way(_("以县级公安民警身份事后查看"), reverse("police_filing", args=[filing.number]), OFFICER),
            )
        ready = bool(seal and seal.status == "DELIVERED")
        return TourStep(
            _("人人可查，银行可验，公安事后可看"),
            _("公众、银行、县级公安机关"),
            _("凭印章编码和单位名称可查；公安机关不审批，发现差错可退回更正，印章照常有效。"),
            "look" if ready else "todo",
            ways if ready else (),
            (
                (_("印章编码"), seal.code),
                (_("单位名称"), self.unit.name if self.unit else ""),
                (_("统一社会信用代码"), self.code),
            )
            if ready and seal
            else (),
        )

    def _is(self, status: str) -> bool:
        return bool(self.seal and self.seal.status == status)

    def _clerk(self) -> str:
        return _("刻章企业店员%(name)s") % {"name": _NAMES[CLERK]}

    def _second_fact(self) -> tuple[tuple[str, str], ...]:
        return ((_("备案编号"), self.filing.number), (_("信用代码后六位"), self.code[-6:])) if self.filing else ()

    def _progress_way(self, number: str) -> tuple[Way, ...]:
        return (Way(_("像单位联系人一样查询"), f"{reverse('progress')}?{urlencode({'number': number})}"),)


def _message_sent(number: str) -> bool:
    return OutboxDelivery.objects.filter(
        subscriber="sms",
        state=DeliveryState.SENT,
        message__payload__template="filing.submit_filing",
        message__payload__params__number=number,
    ).exists()


def _shop_of(seal: Seal) -> EngravingShop:
    return EngravingShop.objects.get(pk=seal.shop_id)


def demo_shop() -> EngravingShop | None:
    """The shop of the clerk who plays (演示刻章企业)."""
    clerk = User.objects.with_place().filter(username=CLERK).first()
    place = clerk.organisation if clerk else None
    return EngravingShop.objects.filter(organisation=place).first() if place else None
