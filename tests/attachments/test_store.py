"""The store holds whole files or none, encrypted where a person is shown, whatever disk and crash do."""

from __future__ import annotations

import errno
import multiprocessing
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from sealreg.attachments import store
from sealreg.attachments.sealing import UnreadableFile, key_id_of, open_bytes, seal_bytes
from sealreg.errors import ServiceUnavailable

DATA = b"CANARY paper with a face on it " * 4000
SHA = store.digest(DATA)
ROOT = Path(__file__).resolve().parents[2]


def _files() -> list[Path]:
    return [path for path in store.root().rglob("*") if path.is_file()]


def test_address_is_the_digest_outside_the_web_root():
    assert store.address(SHA) == Path(django_settings.MEDIA_ROOT) / SHA[:2] / SHA[2:4] / SHA
    assert not Path(django_settings.MEDIA_ROOT).is_relative_to(django_settings.BASE_DIR / "static")


@pytest.mark.parametrize("bad", ["", "../" + "a" * 61, SHA.upper(), SHA[:-1], SHA + "0", "g" * 64])
def test_nothing_but_a_digest_is_an_address(bad):
    with pytest.raises(ValueError):
        store.address(bad)


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_put_comes_back(sealed):
    key_id = store.put(DATA, sha256=SHA, sealed=sealed)
    assert key_id == ("test-2" if sealed else "")
    assert store.get(SHA) == DATA
    assert [path.stat().st_mode & 0o777 for path in _files()] == [0o600]


def test_personal_file_is_not_readable_on_disk():
    store.put(DATA, sha256=SHA, sealed=True)
    on_disk = store.address(SHA).read_bytes()
    assert b"CANARY" not in on_disk
    assert key_id_of(on_disk) == "test-2"


def test_same_bytes_are_sealed_differently_each_time():
    assert seal_bytes(DATA, place=SHA) != seal_bytes(DATA, place=SHA)


def test_clear_file_becomes_sealed_and_never_clear_again():
    store.put(DATA, sha256=SHA, sealed=False)
    assert store.put(DATA, sha256=SHA, sealed=True) == "test-2"
    assert store.put(DATA, sha256=SHA, sealed=False) == "test-2"
    assert b"CANARY" not in store.address(SHA).read_bytes()
    assert store.get(SHA) == DATA
    assert len(_files()) == 1


def test_older_key_still_opens_and_a_wrong_one_says_so(settings):
    settings.PERSONAL_DATA_ACTIVE_KEY = "test-1"
    store.put(DATA, sha256=SHA, sealed=True)
    settings.PERSONAL_DATA_ACTIVE_KEY = "test-2"
    assert store.get(SHA) == DATA
    settings.PERSONAL_DATA_KEYS = {"test-2": b"2" * 32, "test-1": b"x" * 32}
    with pytest.raises(ServiceUnavailable) as refused:
        store.get(SHA)
    assert refused.value.reason == "file_unreadable"
    settings.PERSONAL_DATA_KEYS = {"test-2": b"2" * 32}
    with pytest.raises(ServiceUnavailable):
        store.get(SHA)


def test_sealed_file_opens_at_its_own_place_only():
    sealed = seal_bytes(DATA, place=SHA)
    assert open_bytes(sealed, place=SHA) == DATA
    with pytest.raises(UnreadableFile):
        open_bytes(sealed, place="0" * 64)


@pytest.mark.parametrize("at", [0, 4, 5, 9, 15, 25, 200, -1])
def test_any_damage_to_a_sealed_file_is_seen(at):
    damaged = bytearray(seal_bytes(b"short", place=SHA) + b"" if at < 100 else seal_bytes(DATA, place=SHA))
    damaged[at] ^= 1
    with pytest.raises(UnreadableFile):
        open_bytes(bytes(damaged), place=SHA)


@pytest.mark.parametrize("length", [0, 3, 4, 5, 8, 12, 23, 30])
def test_a_cut_sealed_file_is_seen(length):
    with pytest.raises(UnreadableFile):
        open_bytes(seal_bytes(b"short", place=SHA)[:length], place=SHA)


@pytest.mark.parametrize("sealed", [False, True])
def test_damaged_or_lost_file_is_never_served(sealed):
    store.put(DATA, sha256=SHA, sealed=sealed)
    place = store.address(SHA)
    whole = bytearray(place.read_bytes())
    whole[len(whole) // 2] ^= 1
    place.write_bytes(whole)
    with pytest.raises(ServiceUnavailable):
        store.get(SHA)
    place.unlink()
    with pytest.raises(ServiceUnavailable):
        store.get(SHA)


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_refusing_disk_leaves_nothing_half(monkeypatch, step, number):
    written = 0

    def refuse(*args: object, **kwargs: object) -> int:
        raise OSError(number, os.strerror(number))

    def write_some(handle: int, content: memoryview) -> int:
        nonlocal written
        if written:
            refuse()
        written = real(handle, content[:1000])
        return written

    with monkeypatch.context() as patch:
        real = os.write
        if step == "write":
            patch.setattr(os, "write", write_some)
        elif step == "fsync":
            patch.setattr(os, "fsync", refuse)
        else:
            patch.setattr(Path, step, refuse)
        with pytest.raises(ServiceUnavailable) as refused:
            store.put(DATA, sha256=SHA, sealed=True)
    assert refused.value.reason == "storage_unavailable"
    assert _files() == []
    store.put(DATA, sha256=SHA, sealed=True)
    assert store.get(SHA) == DATA


CRASH = """
import os, sys
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "sealreg.settings.test"
from django.conf import settings
settings.MEDIA_ROOT = sys.argv[1]
from sealreg.attachments import store
step = sys.argv[2]
if step == "rename":
    Path.replace = lambda *args: os._exit(9)
else:
    real = os.write
    os.write = lambda handle, content: (real(handle, content[:100]), os._exit(9))
store.put(b"CANARY" * 1000, sha256=store.digest(b"CANARY" * 1000), sealed=False)
"""


@pytest.mark.parametrize("step", ["write", "rename"])
def test_crash_before_the_rename_leaves_no_file(tmp_path, step):
    done = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path), step], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 9
    assert list(tmp_path.glob("[0-9a-f][0-9a-f]/*/*")) == []
    assert len(list((tmp_path / store.INCOMING).iterdir())) == 1


def _put_often(root: str, start: object, sealed: bool) -> None:
    django_settings.MEDIA_ROOT = root
    start.wait()
    for _ in range(20):
        store.put(DATA, sha256=SHA, sealed=sealed)
        assert store.get(SHA) == DATA


def test_many_processes_put_the_same_content_at_once(tmp_path):
    context = multiprocessing.get_context("fork")
    start = context.Barrier(6)
    writers = [context.Process(target=_put_often, args=(str(tmp_path), start, bool(number % 2))) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 6
    django_settings.MEDIA_ROOT = str(tmp_path)
    assert len(_files()) == 1
    assert store.get(SHA) == DATA


def test_reader_never_sees_a_half_file_while_it_is_sealed_anew():
    store.put(DATA, sha256=SHA, sealed=False)
    stop, seen = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            seen.append(store.get(SHA) == DATA)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        store.write_whole(store.address(SHA), seal_bytes(DATA, place=SHA))
        store.write_whole(store.address(SHA), DATA)
    stop.set()
    reader.join()
    assert seen
    assert all(seen)
