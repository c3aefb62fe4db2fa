"""No orphan rule: every rule cites a document and a day, and stands on the page (法律依据登记, demands 1, 89, 90)."""

import datetime as dt
import inspect
import types
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

import filing.rules
import licensing.ending_rules
import licensing.rules
import licensing.suspension_rules
from licensing.models import MaterialRequirement
from sealreg.legal.documents import DOCUMENTS, clause_words
from sealreg.legal.rules import RULES, Rule
from sealreg.workdays.amounts import AMOUNTS

ROOMS = (filing.rules, licensing.rules, licensing.ending_rules, licensing.suspension_rules)


def orphans(module):
    """Public functions of a module of rules that are not registered, and rules in force on nobody's word."""
    named = {name: one for name, one in vars(module).items() if not name.startswith("_")}
    # A check returns nothing; what answers a question is no rule.
    plain = [
        name for name, one in named.items() if inspect.isfunction(one) and one.__module__ == module.__name__
        and inspect.signature(one).return_annotation in (inspect.Signature.empty, None, "None")
    ]  # fmt: skip
    rules = [one for one in named.values() if isinstance(one, Rule)]
    baseless = [one.code for one in rules if set(one.basis) == {"house"} and not one.assumption]
    return plain + baseless + [one.code for one in rules if RULES.get(one.code) is not one]


@pytest.mark.parametrize("module", ROOMS)
def test_no_rule_is_an_orphan(module):
    assert orphans(module) == []


def test_every_module_of_rules_is_looked_at():
    top = Path(__file__).parents[2]
    found = {
        ".".join(path.relative_to(top).with_suffix("").parts)
        for app in ("filing", "licensing", "chips", "sealreg")
        for path in (top / app).rglob("*rules.py")
        if "@rule(" in path.read_text(encoding="utf-8")
    }
    assert found == {module.__name__ for module in ROOMS}


def test_an_orphan_would_be_seen():
    def loose(anything):
        """A check nobody registered."""

    loose.__module__ = "planted"
    module = types.SimpleNamespace(__name__="planted", loose=loose)
    assert orphans(module) == ["loose"]


def test_every_rule_cites_known_documents_and_begins_on_a_day():
    assert len(RULES) > 20
    for one in RULES.values():
        assert one.basis
        assert set(one.basis) <= set(DOCUMENTS)
        assert one.clause
        assert dt.date(2018, 1, 1) <= one.applies_from <= dt.date(2026, 1, 1)


def test_the_documents_of_demands_1_89_and_90_stand_in_the_register():
    numbers = {document.number for document in DOCUMENTS.values()}
    assert {"公传发〔2018〕202号", "国发〔2017〕7号", "公治〔2017〕529号", "粤公通字〔2017〕138号"} <= numbers
    assert {"sc-startup", "mps-one-trip"} <= set(DOCUMENTS)
    assert all(set(amount.basis) <= set(DOCUMENTS) for amount in AMOUNTS.values())


@pytest.mark.django_db
def test_the_page_lists_every_rule_and_the_list_of_papers_cites_the_register():
    said = Client().get(reverse("guide_law")).content.decode()
    assert [str(one.summary) for one in RULES.values() if str(one.summary) not in said] == []
    assert "公传发〔2018〕202号" in said
    assert {one.basis for one in MaterialRequirement.objects.all()} <= set(DOCUMENTS)


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ("第三条", "article 3"), ("第七十条", "article 70"), ("第三十二条", "article 32"), ("第十条", "article 10"),
        ("第十九条", "article 19"), ("三(一)2", "3(1)2"), ("三(二)2(1)", "3(2)2(1)"), ("一", "1"),
        ("2020-07-30", "2020-07-30"), ("R5", "R5"), ("", ""),
    ],
)  # fmt: skip
def test_a_clause_reads_in_the_readers_language(clause, words):
    with override("en"):
        assert clause_words(clause) == words
    with override("zh-hans"):
        assert clause_words(clause) == clause
