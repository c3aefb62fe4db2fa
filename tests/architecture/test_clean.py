"""What may stand in no file of the repository (仓库洁净)."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.architecture.source import ROOT, tracked_files

# Put together here, so that this page does not hold what it looks for.
HOSTS = ("py" + "pi.org", "python" + "hosted.org", "registry." + "npmjs", "npm" + "mirror", "mirrors." + "aliyun")
HOSTS += ("tuna." + "tsinghua", "--index" + "-url", "--extra-index" + "-url", "--find" + "-links")
PATHS = re.compile(r"(?<![\w.\-/<])/(?:work|root|home/\w+|Users/\w+|private/tmp)/[\w.]")
# Starts of SHA-256 of lower-case words that have no place here: tools that write text, and their makers.
WORDS = frozenset(
    {
        "386ebc0efd04339a",
        "3ea125d0bff386e6",
        "487b91042c7cf27a",
        "57de4cf40144bdf7",
        "5d72436256ada538",
        "60965168ce762e94",
        "7d3194f79e645c42",
        "90642c3dd333bc0e",
        "94a168d2da574b00",
        "c70eca6b0f88f44d",
        "c857d09db23e6822",
        "d298391b07433318",
        "de2187af3fb01170",
    }
)
BINARY = (".png", ".jpg", ".ico", ".woff", ".woff2", ".ttf", ".mo", ".heic", ".gz", ".br", ".pdf", ".wasm")

# Start of a path -> why its text is not ours.
OTHERS = {
    "static/vendor/": "assets of others, listed with their licences in the manifest",
    "tests/vendor/": "test tools of others, likewise",
}


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()[:16]


def faults_in(text: str) -> set[str]:
    """What a text must not hold (违禁内容)."""
    lowered = text.lower()
    found = {host for host in HOSTS if host in lowered}
    found |= {match[0] for match in PATHS.finditer(text)}
    words = set(re.findall(r"[a-z]+", lowered))
    return found | {word for word in words if _digest(word) in WORDS}


def test_no_file_holds_what_it_must_not():
    names = tracked_files()
    assert len(names) > 100
    found = {}
    for name in names:
        if name.endswith(BINARY) or name.startswith(tuple(OTHERS)):
            continue
        faults = faults_in(name) | faults_in((ROOT / name).read_text(encoding="utf-8", errors="replace"))
        if faults:
            found[name] = faults
    assert found == {}


@pytest.mark.parametrize(
    "text", ["https://" + HOSTS[0] + "/simple", "open('/wo" + "rk/x')", "/ro" + "ot/.cache", "pip " + HOSTS[6] + " x"]
)
def test_planted_faults_are_seen(text):
    assert faults_in(text)


def test_planted_words_are_seen(monkeypatch):
    monkeypatch.setitem(faults_in.__globals__, "WORDS", {_digest("abracadabra")})
    assert faults_in("An Abracadabra.") == {"abracadabra"}


@pytest.mark.parametrize(
    "text", ["/api/v1/", "the work/life", "~/.cache", "https://example.org/work/x", "a session of a user"]
)
def test_innocent_texts_pass(text):
    assert faults_in(text) == set()


def test_the_top_level_is_the_agreed_one():
    agreed = {
        *("manage.py", "Makefile", "pyproject.toml", "requirements.lock", "docker-compose.yml", "README.md"),
        *("README.zh-Hans.md", "CONTRIBUTING.md", "LICENSE", ".gitignore", ".pre-commit-config.yaml", ".dockerignore"),
        *(".gitattributes", ".ci", "sealreg", "licensing", "chips", "filing", "integration", "templates", "static"),
        *("locale", "tests", "docs"),
    }
    assert {name.split("/")[0] for name in tracked_files()} - agreed == set()
