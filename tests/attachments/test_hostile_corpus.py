"""Hostile uploads are refused or made harmless, within bounds of time and memory (reliability T16, S7; demand 54)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sealreg.attachments.decoding import process, signatures
from sealreg.attachments.decoding.outcome import Unacceptable
from sealreg.attachments.refusals import SENTENCES

ROOT = Path(__file__).resolve().parents[2]


def _measure(mode: str, folder: Path) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.attachments.measure", mode, str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict], dict]:
    folder = tmp_path_factory.mktemp("corpus")
    _measure("write", folder)
    *files, memory = _measure("read", folder)
    return files, memory


def test_every_file_is_refused_or_made_harmless(report):
    files, _ = report
    assert len(files) >= 60
    assert [(each["label"], each["outcome"]) for each in files if each["outcome"] not in each["expect"]] == []
    assert [(each["label"], each["remaining"]) for each in files if each["remaining"]] == []


def test_each_refusal_says_what_is_wrong(report):
    refused = [each for each in report[0] if each["outcome"] != "clean"]
    assert len(refused) >= 60
    assert [each["label"] for each in refused if each["outcome"] not in SENTENCES] == []
    assert [each["label"] for each in refused if len(each["message"]) < 10 or "{" in each["message"]] == []


def test_kept_names_are_no_paths_and_hide_nothing(report):
    kept = [each["kept_name"] for each in report[0] if each["outcome"] == "clean"]
    assert [name for name in kept if set(name) & set('/\\\x00\r\n\u202e<>:"|?*') or name.startswith(".")] == []
    assert [name for name in kept if not name.endswith((".jpg", ".png", ".pdf")) or len(name) > 90] == []


def test_time_and_memory_are_bounded(report):
    files, memory = report
    assert max(each["seconds"] for each in files) < 5
    # The reader's peak holds the interpreter as well; growth in the receiving process is its own copy of one file.
    assert memory["child_mb"] < 220
    assert memory["growth_mb"] < 200


def test_a_reader_that_swells_is_stopped(tmp_path, monkeypatch):
    """The bound itself works: a reader asking for a gigabyte is refused it."""
    greedy = tmp_path / "greedy.py"
    greedy.write_text(
        "from sealreg.attachments.decoding.process import serve\n"
        "serve(lambda data: bytearray(1 << 30), headroom=100 << 20)\n"
    )
    monkeypatch.setattr(process, "_COMMAND", [sys.executable, str(greedy)])
    monkeypatch.setattr(process, "_ENVIRONMENT", {"PYTHONPATH": str(ROOT)})
    with pytest.raises(Unacceptable) as refused:
        process.decode(b"x", "png")
    assert refused.value.code == "upload_too_complex"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import time; time.sleep(60)", "upload_too_complex"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "upload_too_complex"),
        ("raise RuntimeError", "upload_unreadable"),
        ("print('no json')", "upload_unreadable"),
    ],
)
def test_a_reader_that_hangs_or_crashes_takes_nothing_with_it(monkeypatch, body, code):
    monkeypatch.setattr(process, "_WALL_SECONDS", 0.5)
    monkeypatch.setattr(process, "_COMMAND", [sys.executable, "-c", body])
    with pytest.raises(Unacceptable) as refused:
        process.decode(b"x", "jpeg")
    assert refused.value.code == code


def test_no_process_to_be_had_is_told_as_busy(monkeypatch):
    monkeypatch.setattr(process, "_COMMAND", ["/nonexistent/reader"])
    with pytest.raises(process.Busy):
        process.decode(b"x", "jpeg")


def test_a_reader_does_not_see_our_secrets(monkeypatch):
    monkeypatch.setenv("SEALREG_SECRET_KEY", "canary")
    told = "import json, os; print(json.dumps({'code': 'seen', 'facts': {'names': ' '.join(sorted(os.environ))}}))"
    monkeypatch.setattr(process, "_COMMAND", [sys.executable, "-c", told])
    with pytest.raises(Unacceptable) as seen:
        process.decode(b"x", "jpeg")
    assert "SEALREG" not in seen.value.facts["names"]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"), (b"\xff\xd8\xff\xe0", "jpeg"), (b"%PDF-1.4", "pdf"), (b" %PDF-1.4", "text"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "avif"), (b"RIFF\x00\x00\x00\x00WAVE", "media"),
        (b"<?xml version='1.0'?><svg/>", "svg"), (b"\xff\xfe<\x00s\x00v\x00g\x00", "svg"), (b"\x01\x02", "unknown"),
    ],
)  # fmt: skip
def test_forms_are_told_apart(data, word):
    assert signatures.recognise(data) == word
