"""`manage.py chip` (芯片工作台): look at a card, fill it, let it answer, take its power, copy it, lend it to a reader.

Like a bench tool: it works on the simulator's drawer, on a PC/SC reader or on a remote one. Cards of the register are
only looked at and checked; they get their keys and states by their batch and their seal, never here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from chips import profile
from chips.bench_tool import Bench, BenchRefusal
from chips.readers.acts import CardAnswer, CardFacts, read_facts, read_tap
from chips.readers.desk import Desk, DeskServer
from chips.readers.pcsc import PcscTransport, reader_names
from chips.readers.remote import RemoteReader
from chips.readers.transport import CardTransport, InProcess
from chips.readers.words import CARD_TROUBLE, text_of
from chips.simulator.vpcd import PORT, VirtualSlot
from sealreg.errors import DomainError
from sealreg.operations.management.command import SpokenCommand

TOKEN_VARIABLE = "SEALREG_DESK_TOKEN"  # noqa: S105 - the name of a variable
CARD_SECONDS = 5.0
_UID = re.compile(r"[0-9A-F]{14}", re.ASCII)
_APDU = re.compile(r"(?:[0-9a-fA-F]{2}){4,261}", re.ASCII)
STATES = {"active": profile.STATE_ACTIVE, "suspended": profile.STATE_SUSPENDED}
ACTS = ("inject", "authenticate", "tap")


def _uid(text: str) -> str:
    if not _UID.fullmatch(text.upper()):
        raise argparse.ArgumentTypeError("14 hexadecimal digits")
    return text.upper()


def _apdu(text: str) -> bytes:
    if not _APDU.fullmatch(text):
        raise argparse.ArgumentTypeError("4 to 261 bytes in hexadecimal")
    return bytes.fromhex(text)


class Command(SpokenCommand):
    help = "A bench for chips: show, inject, authenticate, tap, cut-power, clone, insert, serve (芯片工作台)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("readers", help="PC/SC readers this machine knows")
        self._verb(verbs, "show", "what a card says of itself")
        self._verb(verbs, "inject", "fill a card that is not in the register (local settings)")
        authenticate = self._verb(verbs, "authenticate", "put a challenge to a card and check its answer")
        authenticate.add_argument("--apdu", type=_apdu, help="send this command of a bank's two-step check instead")
        self._verb(verbs, "tap", "the text a telephone would read")
        state = self._verb(verbs, "set-state", "activate or suspend a card that is not in the register")
        state.add_argument("--to", choices=STATES, required=True)
        cut = verbs.add_parser("cut-power", help="take a simulated card's power at step K of an act")
        cut.add_argument("uid", type=_uid)
        cut.add_argument("--at", type=int, required=True, metavar="K", help="steps that still pass, from 0")
        cut.add_argument("--during", choices=ACTS, default="inject")
        clone = verbs.add_parser("clone", help="copy a simulated card, counter and all (local settings)")
        clone.add_argument("uid", type=_uid)
        insert = verbs.add_parser("insert", help="put a simulated card into a virtual PC/SC reader until Ctrl-C")
        insert.add_argument("uid", type=_uid)
        insert.add_argument("--port", type=int, default=PORT, help=f"where vpcd listens, {PORT} by default")
        insert.add_argument("--copy", action="store_true", help="the copy that `clone` made")
        serve = self._verb(verbs, "serve", "lend a card or a reader to a RemoteReader over HTTP until Ctrl-C")
        serve.add_argument("--port", type=int, default=0, help="a free one by default")

    @staticmethod
    def _verb(verbs: Any, name: str, text: str) -> CommandParser:
        """A verb that takes its card from the drawer, from a PC/SC reader or from a remote one."""
        parser: CommandParser = verbs.add_parser(name, help=text)
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("uid", nargs="?", type=_uid, help="a simulated card of the drawer")
        where.add_argument("--reader", help="name of a PC/SC reader, see `chip readers`")
        where.add_argument(
            "--remote", metavar="ADDRESS", help=f"a client started by `serve`, token in {TOKEN_VARIABLE}"
        )
        parser.add_argument("--copy", action="store_true", help="of a simulated card, the copy that `clone` made")
        return parser

    def speak(self, **options: Any) -> None:
        verb = str(options["verb"]).replace("-", "_")
        try:
            getattr(self, f"do_{verb}")(options)
        except CARD_TROUBLE as error:
            raise CommandError(text_of(error)) from error
        except BenchRefusal as refusal:
            raise CommandError(str(refusal)) from refusal
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        except FileNotFoundError as error:
            raise CommandError(_("卡片库中没有这枚卡片，请核对编号；用 inject 可制作一枚。")) from error
        except ImproperlyConfigured as error:
            raise CommandError(_("本环境没有模拟卡片库或模拟灌装机构，只能使用读卡器。")) from error
        except DatabaseError as error:
            raise CommandError(_("数据库连接不上，无法核对登记信息；卡片未作改动。")) from error

    @contextlib.contextmanager
    def _card(self, options: dict[str, Any]) -> Any:
        """The chosen card, let go afterwards."""
        card = self._open(options)
        try:
            yield card
        finally:
            card.power_off()
            if isinstance(card, RemoteReader):
                card.close()

    def _open(self, options: dict[str, Any]) -> CardTransport:
        if options["reader"]:
            return PcscTransport(options["reader"], wait=CARD_SECONDS)
        if options["remote"]:
            return RemoteReader(options["remote"], os.environ.get(TOKEN_VARIABLE, ""))
        return InProcess(Bench.drawer(copy=options["copy"]).take(options["uid"]))

    # The verbs

    def do_readers(self, _options: dict[str, Any]) -> None:
        names = reader_names()
        self.stdout.write("\n".join(names) if names else _("没有读卡器。"))

    def do_show(self, options: dict[str, Any]) -> None:
        with self._card(options) as card:
            self.stdout.write(_("复位应答：%(atr)s") % {"atr": card.atr().hex(" ").upper()})
            self._facts(read_facts(card))

    def do_inject(self, options: dict[str, Any]) -> None:
        bench = Bench.here()
        if options["uid"] and not options["copy"]:
            bench.refuse_registered(options["uid"])
            bench.blank_if_missing(options["uid"])
        with self._card(options) as card:
            filled = bench.inject(card)
            self.stdout.write(
                _("已灌装：芯片 %(uid)s，密钥校验值 %(check)s。") % {"uid": filled.uid, "check": filled.key_check}
            )

    def do_authenticate(self, options: dict[str, Any]) -> None:
        with self._card(options) as card:
            if options["apdu"]:
                self.stdout.write(Bench.pass_on(card, options["apdu"]).hex().upper())
                return
            checked = Bench.check(card)
            self._answer(checked.answer)
            self.stdout.write(_("结论：%(result)s") % {"result": checked.text})

    def do_tap(self, options: dict[str, Any]) -> None:
        with self._card(options) as card:
            self.stdout.write(read_tap(card))

    def do_set_state(self, options: dict[str, Any]) -> None:
        bench = Bench.here()
        with self._card(options) as card:
            bench.set_state(card, STATES[options["to"]])
            self._facts(read_facts(card))

    def do_cut_power(self, options: dict[str, Any]) -> None:
        bench = Bench.here()
        cut = bench.cut_power(options["uid"], during=options["during"], at=options["at"])
        if not cut.went:
            self.stdout.write(_("操作在第%(at)s步之前已完成，未断电。") % {"at": options["at"]})
        else:
            outcome = _("全部为新内容") if cut.before != cut.after else _("全部为原内容")
            self.stdout.write(
                _("第%(at)s步断电，没有应答。重新放卡后：%(outcome)s。") % {"at": options["at"], "outcome": outcome}
            )
        self._facts(cut.after)

    def do_clone(self, options: dict[str, Any]) -> None:
        Bench.clone(options["uid"])
        self.stdout.write(_("已复制芯片 %(uid)s，用 --copy 选用副本。") % {"uid": options["uid"]})

    def do_insert(self, options: dict[str, Any]) -> None:
        body = Bench.drawer(copy=options["copy"]).take(options["uid"])
        try:
            slot = VirtualSlot(lambda: body, port=options["port"])
        except OSError as error:
            raise CommandError(
                _("本机端口 %(port)s 上没有虚拟读卡器（vpcd），请先启动 pcscd。") % {"port": options["port"]}
            ) from error
        self.stdout.write(_("芯片 %(uid)s 已放入虚拟读卡器，按 Ctrl-C 取出。") % {"uid": options["uid"]})
        self.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            slot.serve()
        slot.pull()
        self.stdout.write(_("卡片已取出。"))

    def do_serve(self, options: dict[str, Any]) -> None:
        self._open(options).power_off()  # said now rather than to the first caller
        token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
        with DeskServer(Desk(lambda: self._open(options)), token, port=options["port"]) as server:
            self.stdout.write(f"{server.address} {TOKEN_VARIABLE}={token}")
            self.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt):
                server.serve_forever(poll_interval=0.1)

    # What is printed

    def _facts(self, facts: CardFacts) -> None:
        states = {
            profile.STATE_BLANK: _("未灌装"),
            profile.STATE_INJECTED: _("已灌装"),
            profile.STATE_ACTIVE: _("已激活"),
            profile.STATE_SUSPENDED: _("已停用"),
            profile.STATE_TERMINATED: _("已销毁"),
        }
        rows = (
            (_("芯片编号"), facts.uid),
            (_("卡片状态"), f"{facts.state:02X} {states.get(facts.state, _('未知'))}"),
            (_("密钥版本"), facts.key_version or "—"),
            (_("密钥校验值"), facts.key_check or "—"),
            (_("认证计数"), facts.counter),
            (_("备案摘要"), _("已写入") if facts.has_digest else _("未写入")),
        )
        for name, value in rows:
            self.stdout.write(_("%(name)s：%(value)s") % {"name": name, "value": value})
        if settings.DEMO:
            self.stdout.write(_("以上均为模拟芯片，非真实公章芯片。"))

    def _answer(self, answer: CardAnswer) -> None:
        self.stdout.write(
            _("计数 %(counter)s，状态 %(state)s，密钥版本 %(version)s，鉴别码 %(mac)s")
            % {
                "counter": answer.counter,
                "state": f"{answer.state:02X}",
                "version": answer.key_version,
                "mac": answer.mac.hex().upper(),
            }
        )
