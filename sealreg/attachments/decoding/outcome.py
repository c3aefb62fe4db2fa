"""What reading a file yields (读取结果): clean bytes, or a code that says why not."""

from __future__ import annotations

from dataclasses import dataclass


class Unacceptable(Exception):
    """The file is not taken (不予接收). `code` is the stable code of the message, `facts` its numbers."""

    def __init__(self, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Clean:
    """A file made anew from what was understood of the upload (重新编码的文件).

    width, height: pixels, after the orientation was applied; zero for a document. pages: zero for an image.
    """

    data: bytes
    media_type: str
    width: int = 0
    height: int = 0
    pages: int = 0
