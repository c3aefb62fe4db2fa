"""A process is ours by pid, start time, boot and command line, never by pid alone (进程识别)."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from sealreg.local import ports, postgres, processes
from sealreg.local.run import StartFailed, check_ports, chosen_port
from sealreg.local.stack import ROLES, ROOT, addresses, child_environment, static_digest, static_sources
from sealreg.local.state import read_state, write_state
from sealreg.local.supervisor import RUN_FILE, end_leftovers

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper():
    """Starts harmless processes; ends them afterwards."""
    started = []

    def start(**options):
        process = subprocess.Popen(SLEEPER, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def _written(folder, child, *, run="none"):
    row = {"run": run, "phase": "ready", "url": "", "children": {"web": child.to_json()}}
    (folder / RUN_FILE).write_text(json.dumps(row))


def test_identity_survives_json_and_ends_with_the_process(sleeper):
    process = sleeper()
    known = processes.identify(process.pid)
    assert processes.Identity.from_json(json.loads(json.dumps(known.to_json()))) == known
    assert processes.is_running(known)
    process.kill()
    process.wait()
    assert not processes.is_running(known)
    assert processes.identify(process.pid) is None


@pytest.mark.parametrize(
    "change", [{"started": 1}, {"boot": "another"}, {"command": ("another",)}], ids=["start", "boot", "command"]
)
def test_leftover_with_any_other_mark_is_a_foreigner_and_lives(sleeper, tmp_path, change):
    process = sleeper()
    _written(tmp_path, dataclasses.replace(processes.identify(process.pid), **change))
    assert end_leftovers(tmp_path, report=lambda *_: None) == []
    assert process.poll() is None


def test_leftover_that_is_ours_is_ended_and_forgotten(sleeper, tmp_path):
    process = sleeper()
    _written(tmp_path, processes.identify(process.pid))
    told = []
    assert end_leftovers(tmp_path, report=lambda name, text: told.append(text)) == ["web"]
    assert process.wait(5) == -signal.SIGTERM
    assert "web" in told[0]
    assert not (tmp_path / RUN_FILE).exists()


def test_orphan_is_known_by_the_mark_it_inherited(sleeper, tmp_path):
    gone = sleeper()
    leader = processes.identify(gone.pid)
    gone.kill()
    gone.wait()
    orphan = sleeper(env=os.environ | {processes.MARK: "0123456789abcdef"})
    stranger = sleeper(env=os.environ | {processes.MARK: "fedcba9876543210"})
    _written(tmp_path, leader, run="0123456789abcdef")
    assert end_leftovers(tmp_path, report=lambda *_: None) == [f"process {orphan.pid}"]
    assert orphan.wait(5) == -signal.SIGTERM
    assert stranger.poll() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"children": {"web": {"pid": "x"}}, "run": "r"}'])
def test_unreadable_record_harms_nobody(tmp_path, text):
    (tmp_path / RUN_FILE).write_text(text)
    assert end_leftovers(tmp_path, report=lambda *_: None) == []


def test_stubborn_process_is_killed(tmp_path):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        process.stdout.read(1)
        processes.end([process.pid], patience=0.2)
        assert process.wait(5) == -signal.SIGKILL


def test_child_dies_with_its_parent():
    code = (
        "import signal, subprocess, sys, os\n"
        "from sealreg.local.processes import die_with_parent\n"
        f"child = subprocess.Popen({SLEEPER!r}, preexec_fn=die_with_parent(signal.SIGTERM))\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    deadline = time.monotonic() + 5
    while processes.identify(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes.identify(pid) is None


def test_taken_port_is_named_with_its_holder_and_the_variable():
    with socket.socket() as holder:
        holder.bind((ports.HOST, 0))
        holder.listen()
        taken = holder.getsockname()[1]
        assert not ports.is_free(taken)
        assert ports.free_port(taken) != taken
        assert f"(pid {os.getpid()})" in ports.holder(taken)
        with pytest.raises(
            StartFailed, match=rf"port {taken}, .*mock registry \(PORT\+1\).*pid {os.getpid()}.*PORT=\d+ make run"
        ):
            check_ports(taken - 1, patience=0)
    assert ports.is_free(taken)
    assert ports.holder(taken) is None


@pytest.mark.parametrize("text", ["abc", "0", "-1", "65534", "8000.5", "８０００", "8 000"])
def test_bad_port_is_refused_with_its_name(text):
    with pytest.raises(StartFailed, match=r"PORT is .* whole number"):
        chosen_port(text)


def test_port_defaults_to_8000():
    assert (chosen_port(""), chosen_port("9000")) == (8000, 9000)


def test_state_keeps_secrets_between_starts_and_from_others(tmp_path):
    first = addresses(tmp_path, 8000)
    write_state(tmp_path, first)
    second = addresses(tmp_path, 9000)
    same = {"SEALREG_SECRET_KEY", "SEALREG_PERSONAL_KEY", "SEALREG_BLIND_INDEX_KEY", *ROLES.values()}
    same |= {"SEALREG_CARD_KEY", "SEALREG_KEYSTORE_PASSPHRASE", "SEALREG_SANDBOX_KEY"}
    assert {name for name in first if first[name] == second[name]} >= same
    assert second["SEALREG_REGISTRY_URL"] == "http://127.0.0.1:9001"
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600
    assert read_state(tmp_path) == first


def test_children_see_the_callers_zone_but_only_our_database(tmp_path, monkeypatch):
    monkeypatch.setenv("SEALREG_ZONE", "internet")
    monkeypatch.setenv("SEALREG_DATABASE_URL", "postgresql://real:x@elsewhere/production")
    monkeypatch.setenv("SEALREG_DATABASE_URL_FILE", "/run/secrets/production")
    values = addresses(tmp_path, 8000)
    seen = child_environment(tmp_path, values)
    assert seen["SEALREG_ZONE"] == "internet"
    assert seen["SEALREG_DATABASE_URL"] == values["SEALREG_DATABASE_URL"]
    assert "SEALREG_DATABASE_URL_FILE" not in seen


def test_role_names_are_those_of_the_settings(settings):
    assert list(ROLES) == [settings.DATABASE_ROLES[name] for name in ("owner", "app", "loader")]


def test_pid_file_of_a_stranger_does_not_stop_the_database(sleeper, tmp_path):
    """After a crash the pid in the file may belong to anybody; PostgreSQL would wait for it for ever."""
    stranger = sleeper()
    cluster = postgres.Cluster(tmp_path / "pg")
    cluster.data.mkdir()
    (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster.data}\n")
    assert postgres.postmaster(cluster) is None
    postgres.heal(cluster)
    assert not (cluster.data / "postmaster.pid").exists()
    assert stranger.poll() is None


def test_static_files_are_collected_again_only_when_a_source_changed(tmp_path):
    assert all(".local" not in path.parts for path in static_sources())
    assert {ROOT / "static", ROOT / "requirements.lock"} <= set(static_sources())
    (tmp_path / "a.css").write_text("a{}")
    before = static_digest([tmp_path])
    assert static_digest([tmp_path]) == before
    (tmp_path / "a.css").write_text("b{} ")
    assert static_digest([tmp_path]) != before
