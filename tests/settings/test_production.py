"""Production starts only when it is told everything, and shows nothing of the demonstration (reliability T19, S9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from sealreg.deploy.make_secrets import make_secrets
from sealreg.settings import env
from tests.architecture.source import ROOT
from tests.production import sample_environment

LOAD = "from django.conf import settings; settings.DEBUG"
REQUIRED = [
    "SEALREG_AUTHORITY_NAME", "SEALREG_ZONE", "SEALREG_SECRET_KEY", "SEALREG_ALLOWED_HOSTS", "SEALREG_DATABASE_URL",
    "SEALREG_BROKER_URL", "SEALREG_REGISTRY_URL", "SEALREG_MINISTRY_URL", "SEALREG_SIGNING_KEY_FILE",
    "SEALREG_MEDIA_DIR", "SEALREG_PERSONAL_KEY_ID", "SEALREG_PERSONAL_KEY", "SEALREG_BLIND_INDEX_KEY",
]  # fmt: skip
BAD = [
    ("SEALREG_DEBUG", "1"), ("SEALREG_DEBUG", "perhaps"), ("SEALREG_ZONE", "intranet"), ("SEALREG_ZONE", "all"),
    ("SEALREG_SECRET_KEY", "x" * 49), ("SEALREG_ALLOWED_HOSTS", "*"), ("SEALREG_ALLOWED_HOSTS", "a.invalid,*"),
    ("SEALREG_DATABASE_URL", "mysql://a:b@c/d"), ("SEALREG_DATABASE_URL", "postgresql://a:b@c:port/d"),
    ("SEALREG_OWNER_DATABASE_URL", "postgresql://nobody"), ("SEALREG_DATABASE_POOL_SIZE", "0"),
    ("SEALREG_REGISTRY_URL", "http://127.0.0.1:8001"), ("SEALREG_REGISTRY_URL", "https://localhost:8001"),
    ("SEALREG_MINISTRY_URL", "http://ministry.invalid"), ("SEALREG_MINISTRY_URL", "https://[::1]:8002"),
    ("SEALREG_MEDIA_DIR", "media"), ("SEALREG_PERSONAL_KEY", "c2hvcnQ="), ("SEALREG_BLIND_INDEX_KEY", "not base64!"),
    ("SEALREG_SIGNING_KEY_FILE", "/nonexistent/key.pem"), ("SEALREG_SECRET_KEY_FILE", "/nonexistent/secret"),
    ("SEALREG_TRUSTED_PROXIES", "many"), ("SEALREG_SSL_REDIRECT", "sometimes"), ("SEALREG_SMS_URL", "http://sms.invalid"),
]  # fmt: skip


def _load(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def good() -> dict[str, str]:
    return sample_environment()


@pytest.fixture(scope="module")
def loaded(good: dict[str, str]) -> dict[tuple[str, str | None], str]:
    """What stopped the start in each bad environment."""
    cases: list[tuple[str, str | None]] = [*((name, None) for name in REQUIRED), *BAD, ("", "")]
    environments = []
    for name, value in cases:
        changed = {key: text for key, text in good.items() if key != name} | {"SEALREG_SMS_TOKEN": "token"}
        environments.append(changed if value is None or not name else changed | {name: value})
    done = subprocess.run(
        [sys.executable, "-m", "tests.settings.loads"],
        cwd=ROOT, input=json.dumps(environments), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(cases, json.loads(done.stdout), strict=True))


def test_complete_environment_starts(loaded, good):
    assert loaded[("", "")] == ""
    assert _load(good).returncode == 0


@pytest.mark.parametrize("name", REQUIRED)
def test_missing_variable_stops_the_start_with_its_name(loaded, name):
    said = loaded[(name, None)]
    assert said.startswith("ImproperlyConfigured: ")
    assert name in said
    assert "expected" in said


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_variable_stops_the_start_with_its_name(loaded, name, value):
    said = loaded[(name, value)]
    assert said.startswith("ImproperlyConfigured: ")
    assert name in said
    if name in {"SEALREG_SECRET_KEY", "SEALREG_PERSONAL_KEY", "SEALREG_BLIND_INDEX_KEY", "SEALREG_DATABASE_URL"}:
        assert value not in said


@pytest.fixture(scope="module")
def planted(good: dict[str, str]) -> dict:
    paths = ["/demo/", "/demo/sign-in/", "/gallery/", "/gallery/forms/", "/healthz"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.settings.mutations", *paths],
        cwd=ROOT, env=good, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_good_environment_passes_every_check(planted):
    assert planted["clean"] == []
    assert (planted["demo"], planted["debug"]) == (False, False)


def test_each_planted_fault_is_caught(planted):
    assert len(planted["caught"]) >= 10
    assert [name for name, ids in planted["caught"].items() if not ids] == []


def test_demonstration_pages_do_not_exist(planted):
    paths = planted["paths"]
    assert paths.pop("/healthz") == 200
    assert len(paths) == 4
    assert set(paths.values()) == {404}


def test_check_deploy_is_clean(good):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=good, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "sealreg.I213" in done.stdout + done.stderr


def test_a_secret_may_come_as_a_file(monkeypatch, tmp_path: Path):
    place = tmp_path / "secret"
    place.write_text("  from a file \n", encoding="utf-8")
    monkeypatch.setenv("SEALREG_X_FILE", str(place))
    monkeypatch.setenv("SEALREG_X", "from the environment")
    assert env.text("SEALREG_X") == "from a file"
    monkeypatch.setenv("SEALREG_X_FILE", str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="SEALREG_X_FILE"):
        env.text("SEALREG_X")


def test_compose_environment_is_complete(tmp_path: Path):
    """What docker-compose.yml gives the portal is enough for production to start."""
    make_secrets(tmp_path / "secrets")
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    given = compose["services"]["web-a"]["environment"]
    asked = {
        "SEALREG_AUTHORITY_NAME": "某市公安局（检查用）",
        "SEALREG_ZONE": "internet",
        "SEALREG_ALLOWED_HOSTS": "a.invalid",
    }
    values = {}
    for name, value in given.items():
        text = value.replace("/run/secrets", str(tmp_path / "secrets"))
        if text.startswith("${"):
            text = asked.get(name) or text[2:-1].partition(":-")[2]
        values[name] = text
    done = _load({"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | values)
    assert done.returncode == 0, done.stderr[-2000:]
