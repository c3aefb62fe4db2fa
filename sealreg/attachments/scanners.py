"""Search for malware (恶意内容检查): the hook `settings.ATTACHMENT_SCANNER`, and the scanner that needs nothing else.

A scanner is a function of the bytes: it returns the name of what it found, or None; it raises ScannerDown when it
cannot say. The built-in one knows the industry's harmless test string only: it proves that the hook works.
A site connects a real engine (clamd.py).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

from django.conf import settings
from django.utils.module_loading import import_string

Scanner = Callable[[bytes], str | None]

# In two parts, so that engines do not take this file for an infected one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_PIECE = 1024 * 1024
_PIECES = 200
_STREAM = re.compile(rb"stream\r?\n")


class ScannerDown(Exception):
    """The scanner gave no answer (检查服务无应答): nothing may be taken meanwhile."""


def scan(data: bytes) -> str | None:
    """Ask the scanner of this site (检查). Returns the name of what was found, or None. Raises ScannerDown."""
    scanner: Scanner = import_string(settings.ATTACHMENT_SCANNER)
    return scanner(data)


def built_in(data: bytes) -> str | None:
    """Find the test string, also inside a simple archive or compressed stream (内置检查)."""
    return "EICAR-Test-File" if EICAR in data or any(EICAR in piece for piece in _inside(data)) else None


def _inside(data: bytes) -> Iterator[bytes]:
    if b"PK\x05\x06" in data:
        yield from _members(data)
    if data.startswith(b"%PDF-"):
        for number, start in enumerate(_STREAM.finditer(data)):
            if number >= _PIECES:
                return
            try:
                yield zlib.decompressobj().decompress(data[start.end() :], _PIECE)
            except zlib.error:
                continue


def _members(data: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:_PIECES]:
                with archive.open(entry) as member:
                    yield member.read(_PIECE)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, zlib.error, EOFError):
        return
