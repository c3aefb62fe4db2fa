"""What a handler may answer besides success (投递错误)."""

from __future__ import annotations


class DeliveryError(Exception):
    """A delivery did not succeed (投递失败).

    code: short stable word for lists, e.g. "timeout" or the agency's own code. text: for the operator, never personal
    data; what looks like an identity number, a phone or an address of mail is masked before it is stored.
    """

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text


class TryAgain(DeliveryError):
    """The receiver may accept it later (稍后重试). `after`: seconds the receiver asked for; None: our back-off."""

    def __init__(self, code: str, text: str = "", *, after: float | None = None) -> None:
        super().__init__(code, text)
        self.after = after


class Refused(DeliveryError):
    """The receiver will never accept it as it is (对方拒收): parked at once, a person decides."""


class DifferentPayload(Exception):
    """The same topic, record and version was owed before with other content (同键不同内容): a fault in the caller."""
