"""The registry's HTTP client (登记机关客户端): look-up, changes, exchange table, messages back. Knows no domain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from integration.agency_http import AgencyClient, Answer, BadAnswer, Declined, Limits, decode
from integration.business_registration.messages import (
    BadRecord,
    Change,
    ChangePage,
    Enterprise,
    ExchangeRow,
    FilingStatus,
    LicenceEvent,
    Operation,
    Receipt,
)

T = TypeVar("T")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)
PAGE_BYTES = 8 << 20
MAX_PAGES = 10_000
_KEPT_RAW = 65_536


class _Found(msgspec.Struct):
    enterprise: Enterprise


class _Named(msgspec.Struct):
    enterprises: list[msgspec.Raw]


class _Page(msgspec.Struct):
    changes: Annotated[list[msgspec.Raw], Meta(max_length=1000)]
    next_cursor: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[\x21-\x7e]*$")]
    more: bool


class _Rows(msgspec.Struct):
    rows: Annotated[list[msgspec.Raw], Meta(max_length=1000)]


class _Row(msgspec.Struct):
    row: ExchangeRow


class _Verdict(msgspec.Struct):
    id: int
    flag: int


class _Judged(msgspec.Struct):
    row: _Verdict


class _Acknowledged(msgspec.Struct):
    acknowledgements: Annotated[list[Receipt], Meta(max_length=100)]


class RegistryClient(AgencyClient):
    """The business registry over HTTP (登记机关客户端). Every method may raise Unreachable, BadAnswer or Declined."""

    def __init__(
        self, base_url: str, *, allowed_hosts: Iterable[str], limits: Limits | None = None, ca_file: str = ""
    ) -> None:
        super().__init__(base_url, allowed_hosts=allowed_hosts, limits=limits, ca_file=ca_file)

    def enterprise(self, uscc: str) -> Enterprise | None:
        """One enterprise by credit code (按统一社会信用代码查询), or None when it is not registered."""
        answer = self._unless_missing("v1", "enterprises", uscc)
        if answer is None:
            return None
        found = decode(answer.body, _Found).enterprise
        if found.uscc != uscc:
            raise BadAnswer("other_record", "the registry answered with another enterprise")
        return found

    def enterprises(self, name: str, *, limit: int = 20) -> list[Enterprise]:
        """Enterprises whose name holds `name` (按名称查询). A record that cannot be read is left out."""
        answer = self.call("GET", "v1", "enterprises", params={"name": name, "limit": str(limit)})
        found = (read_record(raw, Enterprise) for raw in decode(answer.body, _Named).enterprises[:limit])
        return [record for record in found if isinstance(record, Enterprise)]

    def changes(self, cursor: str = "", *, limit: int = 200) -> ChangePage:
        """One page of changes after `cursor` (变更页); unreadable records stand in it as BadRecord."""
        params = {"limit": str(limit), **({"cursor": cursor} if cursor else {})}
        body = self.call("GET", "v1", "changes", params=params, body_limit=PAGE_BYTES).body
        try:
            page = decode(body, _Page)
        except BadAnswer:
            # One record too deep or with a broken escape spoils the JSON of its page: take the page apart by hand.
            frame, records = split_list(body, b"changes")
            page = decode(frame, _Page)
            page.changes = [msgspec.Raw(record) for record in records]
        return ChangePage([read_change(raw) for raw in page.changes], page.next_cursor, page.more)

    def walk_changes(self, cursor: str = "", *, limit: int = 200) -> Iterator[ChangePage]:
        """Pages from `cursor` to the end of the feed (逐页读取变更).

        Raises BadAnswer "cursor_loop" when a cursor comes back although there is more to come.
        """
        seen = {cursor}
        for _ in range(MAX_PAGES):
            page = self.changes(cursor, limit=limit)
            if page.more and page.cursor in seen:
                raise BadAnswer("cursor_loop", "the feed leads back to a place already read")
            yield page
            if not page.more:
                return
            cursor = page.cursor
            seen.add(cursor)
        raise BadAnswer("endless", f"the feed has more than {MAX_PAGES} pages")

    def exchange_rows(self, *, flag: int, after: int = 0, limit: int = 100) -> list[ExchangeRow | BadRecord]:
        """Exchange rows of one flag after an id, in order (交换表): 0 waiting, 3 to be updated."""
        params = {"flag": str(flag), "after": str(after), "limit": str(limit)}
        rows = decode(self.call("GET", "v1", "exchange", params=params, body_limit=PAGE_BYTES).body, _Rows).rows
        return [read_record(raw, ExchangeRow) for raw in rows]

    def settle(self, row: ExchangeRow, *, failure: str = "") -> ExchangeRow:
        """Tell what became of a row (回写交换标志): done, or failed with a reason. Declined 409 when it has changed."""
        body = {"flag": 2 if failure else 1, "row_version": row.row_version, "reason": failure}
        answer = self.call("POST", "v1", "exchange", str(row.id), "result", body=msgspec.json.encode(body))
        settled = decode(answer.body, _Row).row
        if (settled.id, settled.flag) != (row.id, body["flag"]):
            raise BadAnswer("other_record", "the registry settled another row")
        return settled

    def fail_row(self, number: int, row_version: int, reason: str) -> None:
        """Tell that a row could not even be read (退回无法读取的记录): its answer is read no further than needed."""
        body = {"flag": 2, "row_version": row_version, "reason": reason}
        answer = self.call("POST", "v1", "exchange", str(number), "result", body=msgspec.json.encode(body))
        judged = decode(answer.body, _Judged).row
        if (judged.id, judged.flag) != (number, 2):
            raise BadAnswer("other_record", "the registry settled another row")

    def call_back(self, message: FilingStatus) -> Receipt:
        """Tell the registry how a filing stands (回传). The same message again gets the same receipt."""
        return self._send("callbacks", message.message_id, message)

    def give_notice(self, message: LicenceEvent) -> Receipt:
        """Tell the registry that a shop's licence ended (告知). The same message again gets the same receipt."""
        return self._send("notices", message.message_id, message)

    def callback_receipt(self, message_id: str) -> Receipt | None:
        """The receipt of a message sent with `call_back`, or None when it never arrived (查询回执)."""
        return self._receipt("callbacks", message_id)

    def notice_receipt(self, message_id: str) -> Receipt | None:
        """The receipt of a message sent with `give_notice`, or None when it never arrived (查询回执)."""
        return self._receipt("notices", message_id)

    def _send(self, place: str, message_id: str, message: msgspec.Struct) -> Receipt:
        return _own(self.call("POST", "v1", place, body=msgspec.json.encode(message)), message_id)

    def _receipt(self, place: str, message_id: str) -> Receipt | None:
        answer = self._unless_missing("v1", place, message_id)
        return None if answer is None else _own(answer, message_id)

    def _unless_missing(self, *segments: str) -> Answer | None:
        try:
            return self.call("GET", *segments)
        except Declined as no:
            # 904 is the agency's "no such record"; a bare 404 may as well be a wrong address.
            if no.status == 404 and no.code == "904":
                return None
            raise


def read_record(raw: msgspec.Raw, kind: type[T]) -> T | BadRecord:
    """One record of a page, alone (单条读取), so that a broken one does not take its neighbours with it."""
    try:
        return decode(bytes(raw), kind)
    except BadAnswer as error:
        return BadRecord(bytes(raw)[:_KEPT_RAW], error.detail)


def read_change(raw: msgspec.Raw) -> Change | BadRecord:
    """One change, whose parts must agree with one another (单条变更)."""
    change = read_record(raw, Change)
    if isinstance(change, BadRecord):
        return change
    record = change.enterprise
    if change.op is Operation.DELETE and record is None:
        return change
    if change.op is Operation.UPSERT and record and (record.uscc, record.version) == (change.uscc, change.version):
        return change
    return BadRecord(bytes(raw)[:_KEPT_RAW], "the change and the record in it do not agree")


def split_list(body: bytes, name: bytes) -> tuple[bytes, list[bytes]]:
    """A JSON object's bytes with the list `name` emptied, and the items of that list (按记录拆分).

    Looks at quotes and brackets only, so that an item may be as broken as it likes inside them; at most 1000 items.
    Raises BadAnswer when there is no such list or it does not end.
    """
    depth, key, begin, start = 0, b"", 0, 0
    items: list[bytes] = []
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in b"]}":
            if begin and depth == 2:
                items.append(body[start : token.start()])
                return body[:begin] + body[token.start() :], [item for item in items if item.strip()]
            depth -= 1
        elif mark in b"[{":
            depth += 1
            if mark == b"[" and depth == 2 and key == b'"' + name + b'"':
                begin = start = token.end()
        elif mark != b",":
            key = mark if depth == 1 else key
        elif begin and depth == 2:
            items.append(body[start : token.start()])
            start = token.end()
            if len(items) >= 1000:
                break
    raise BadAnswer("not_json", "the page cannot be taken apart")


def _own(answer: Answer, message_id: str) -> Receipt:
    receipts = [item for item in decode(answer.body, _Acknowledged).acknowledgements if item.message_id == message_id]
    if not receipts:
        raise BadAnswer("no_receipt", "the answer holds no receipt for this message")
    if any(receipt != receipts[0] for receipt in receipts):
        raise BadAnswer("contradiction", "two different receipts for one message")
    return receipts[0]
