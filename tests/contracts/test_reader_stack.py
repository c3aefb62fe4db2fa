"""A machine without the reader stack (缺少读卡环境): what is printed, what fails, what is skipped."""

import pytest

from tests import extras, pcscd, readers, tokens


@pytest.fixture
def bare(monkeypatch):
    """Nothing is installed, and nothing may be."""
    monkeypatch.setattr(readers, "missing_parts", lambda: ["pcscd", "opensc"])
    monkeypatch.setattr(pcscd, "missing_parts", lambda: ["pcscd", "opensc"])
    monkeypatch.setattr(readers, "_install", lambda: "not root; run: sudo apt-get install pcscd opensc")
    monkeypatch.delenv("CI", raising=False)


def test_it_says_what_is_missing_and_goes_on(bare, capsys):
    assert readers.main() == 0
    assert "missing: pcscd, opensc: not root" in capsys.readouterr().out


def test_on_the_build_machine_it_fails(bare, monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")
    assert readers.main() == 1
    with pytest.raises(pytest.fail.Exception, match="missing: pcscd, opensc"), pcscd.service_or_skip():
        pass


def test_elsewhere_the_tests_are_skipped_with_the_reason(bare):
    with pytest.raises(pytest.skip.Exception, match="missing: pcscd, opensc"), pcscd.service_or_skip():
        pass


@pytest.mark.parametrize(("stack", "package"), [(readers, "pcscd"), (tokens, "softhsm2")])
def test_nothing_is_installed_without_root_or_apt(monkeypatch, stack, package):
    monkeypatch.setattr(readers, "_packages", lambda: ["pcscd"])
    monkeypatch.setattr(extras.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(extras.subprocess, "run", lambda *_words, **_more: pytest.fail("something was started"))
    there = {"apt-get": "/usr/bin/it"}
    monkeypatch.setattr(extras.shutil, "which", there.get)
    assert stack._install() == f"not root; run: sudo apt-get install {package}"
    there.clear()
    assert "no apt-get" in stack._install()


@pytest.mark.parametrize(("machine", "code"), [("", 0), ("true", 1)])
def test_a_missing_token_is_said_and_fails_on_the_build_machine(monkeypatch, capsys, machine, code):
    monkeypatch.setattr(tokens, "missing_parts", lambda: ["softhsm2"])
    monkeypatch.setattr(tokens, "_install", lambda: "not root; run: sudo apt-get install softhsm2")
    monkeypatch.setenv("CI", machine)
    assert tokens.main() == code
    assert "softhsm2: not root; run: sudo apt-get install softhsm2; the tests with a token are skipped" in (
        capsys.readouterr().out
    )
