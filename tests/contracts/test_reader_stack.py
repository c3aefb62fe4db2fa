"""A machine without the reader stack (缺少读卡环境): what is printed, what fails, what is skipped."""

import pytest

from tests import pcscd, readers


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


def test_nothing_is_installed_without_root_or_apt(monkeypatch):
    monkeypatch.setattr(readers, "_packages", lambda: ["pcscd"])
    monkeypatch.setattr(readers.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(readers.subprocess, "run", lambda *_words, **_more: pytest.fail("something was started"))
    monkeypatch.setattr(readers.shutil, "which", lambda _name: "/usr/bin/it")
    assert readers._install() == "not root; run: sudo apt-get install pcscd"
    monkeypatch.setattr(readers.shutil, "which", lambda _name: None)
    assert "no apt-get" in readers._install()
