"""ClamAV's daemon over its socket (ClamAV 接入), command INSTREAM: set ATTACHMENT_SCANNER to `…clamd.scan`.

Protocol as in the manual page clamd(8): `zINSTREAM\\0`, then chunks each led by its length in four bytes, network
order, ended by a length of zero; the answer is `stream: OK`, `stream: <name> FOUND` or a text ending in `ERROR`.
"""

from __future__ import annotations

import socket
import struct

from django.conf import settings

from sealreg.attachments.scanners import ScannerDown

_CHUNK = 256 * 1024
_CONNECT_SECONDS = 2
_ANSWER_SECONDS = 20
_LONGEST_ANSWER = 4096


def _connect(address: str) -> socket.socket:
    if address.startswith("unix:"):
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(_CONNECT_SECONDS)
        try:
            link.connect(address.removeprefix("unix:"))
        except OSError:
            link.close()
            raise
        return link
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS)


def _answer(link: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) < _LONGEST_ANSWER:
        piece = link.recv(_LONGEST_ANSWER)
        if not piece:
            break
        received += piece
    return received.rstrip(b"\0\n").decode("utf-8", "replace").strip()


def scan(data: bytes) -> str | None:
    """Send the bytes to clamd (送检). Returns the signature's name, or None when clean. Raises ScannerDown."""
    try:
        with _connect(settings.ATTACHMENT_CLAMD) as link:
            link.settimeout(_ANSWER_SECONDS)
            link.sendall(b"zINSTREAM\0")
            for start in range(0, len(data), _CHUNK):
                piece = data[start : start + _CHUNK]
                link.sendall(struct.pack("!L", len(piece)) + piece)
            link.sendall(struct.pack("!L", 0))
            answer = _answer(link)
    except (OSError, ValueError) as error:
        raise ScannerDown(str(error)) from error
    if answer.endswith("FOUND"):
        return answer.removesuffix("FOUND").split(":", 1)[-1].strip() or "unnamed"
    if answer.endswith("OK"):
        return None
    raise ScannerDown(answer or "clamd closed the connection without an answer")
