"""A process for one untrusted file (独立解码进程): bounded memory and time, no secrets, no inheritance of our sockets.

A decoder that loops, swells or crashes takes this process with it and nothing else.
Protocol: the file on standard input; one line of JSON and then the clean bytes on standard output.
"""

from __future__ import annotations

import contextlib
import json
import logging
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from sealreg.attachments.decoding.outcome import Clean, Unacceptable

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[3]
_MODULES = {"jpeg": "images", "png": "images", "heic": "heic", "pdf": "documents"}
_COMMAND = [sys.executable, "-s", "-B", "-m"]
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
_PROCESSOR_SECONDS = 8
_WALL_SECONDS = 30
_HEADROOM = 640 * 1024 * 1024  # address space; decoders ask for more of it than they touch
_AT_ONCE = threading.BoundedSemaphore(2)
_WAIT_SECONDS = 20


class Busy(Exception):
    """Too many files are being read at this moment (正在处理的文件较多)."""


def decode(data: bytes, word: str) -> Clean:
    """Read one recognised file in its own process (隔离解码). word: a key of signatures.FORMS.

    Raises Unacceptable; Busy when no turn came or no process could be started.
    """
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise Busy
    try:
        done = subprocess.run(
            [*_COMMAND, f"sealreg.attachments.decoding.{_MODULES[word]}"],
            input=data,
            capture_output=True,
            timeout=_WALL_SECONDS,
            cwd=_ROOT,
            env=_ENVIRONMENT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unacceptable("upload_too_complex") from error
    except OSError as error:
        logger.exception("no process for reading an upload")
        raise Busy from error
    finally:
        _AT_ONCE.release()
    head, _, body = done.stdout.partition(b"\n")
    try:
        answer = json.loads(head)
    except ValueError as error:
        logger.warning("reading a %s file ended with %s: %s", word, done.returncode, done.stderr[-500:])
        raise Unacceptable("upload_too_complex" if done.returncode < 0 else "upload_unreadable") from error
    if "code" in answer:
        raise Unacceptable(answer["code"], **answer["facts"])
    return Clean(data=body, **answer)


def _bound(what: int, limit: int) -> None:
    # Some systems refuse to lower a bound; the others still hold.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (limit, limit))


def _bind(headroom: int) -> None:
    _bound(resource.RLIMIT_CPU, _PROCESSOR_SECONDS)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_NOFILE, 32)
    _bound(resource.RLIMIT_FSIZE, 0)
    statm = Path("/proc/self/statm")
    held = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0
    _bound(resource.RLIMIT_AS, held + headroom)


def serve(read: Callable[[bytes], Clean], *, headroom: int = _HEADROOM) -> None:
    """The far side of `decode` (解码进程入口): bounds itself, reads, answers.

    headroom: bytes of address space beyond what the interpreter and the libraries hold already.
    """
    _bind(headroom)
    try:
        clean = read(sys.stdin.buffer.read())
    except Unacceptable as refusal:
        answer, body = {"code": refusal.code, "facts": refusal.facts}, b""
    except (MemoryError, RecursionError):
        answer, body = {"code": "upload_too_complex", "facts": {}}, b""
    else:
        answer, body = {name: value for name, value in asdict(clean).items() if name != "data"}, clean.data
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
