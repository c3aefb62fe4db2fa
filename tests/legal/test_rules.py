"""Rules carry their source and their dates (规则登记)."""

import datetime as dt

import pytest

from sealreg.errors import RuleBroken
from sealreg.legal import rules
from sealreg.legal.documents import DOCUMENTS
from sealreg.legal.rules import check_rules, rule, rules_by_document

OCTOBER = dt.date(2018, 10, 1)


@pytest.fixture(autouse=True)
def _registry_of_its_own(monkeypatch):
    monkeypatch.setattr(rules, "RULES", {})


def make(code, *, applies_from=OCTOBER, applies_until=None, field="chip"):
    @rule(code, code, clause="三(三)2", basis="gd-2018-146", applies_from=applies_from, applies_until=applies_until)
    def check(value):
        if not value:
            raise RuleBroken(code, code=code, fields={field: code})

    return check


def test_rule_applies_from_its_day_until_the_day_before_its_end():
    made = make("chip_needed", applies_until=dt.date(2019, 1, 1))
    assert not made.in_force(dt.date(2018, 9, 30))
    assert made.in_force(OCTOBER)
    assert made.in_force(dt.date(2018, 12, 31))
    assert not made.in_force(dt.date(2019, 1, 1))


def test_rules_not_in_force_are_not_asked():
    made = make("chip_needed")
    check_rules([made], dt.date(2018, 9, 30), None)
    with pytest.raises(RuleBroken) as caught:
        check_rules([made], OCTOBER, None)
    assert caught.value.reason == "chip_needed"


def test_all_mistakes_are_reported_together():
    with pytest.raises(RuleBroken) as caught:
        check_rules([make("one", field="a"), make("two", field="b")], OCTOBER, None)
    assert caught.value.fields == {"a": "one", "b": "two"}
    assert caught.value.facts == {"reasons": ["one", "two"]}


def test_a_rule_without_a_known_document_cannot_exist():
    with pytest.raises(ValueError, match="unknown documents"):
        rule("x", "x", clause="", basis="nowhere", applies_from=OCTOBER)
    with pytest.raises(ValueError, match="none named"):
        rule("x", "x", clause="", basis=(), applies_from=OCTOBER)


def test_two_rules_cannot_share_a_code():
    make("twice")
    with pytest.raises(ValueError, match="exists already"):
        make("twice")


def test_register_lists_rules_under_each_document():
    made = make("chip_needed")
    assert rules_by_document() == {"gd-2018-146": [made]}
    assert DOCUMENTS["gd-2018-146"].number == "广公办字〔2018〕146号"
