"""The English catalogue is whole (译文完整), and each fault in one is seen."""

from __future__ import annotations

import pytest
from django.utils import translation
from django.utils.translation import gettext

from tests.messages import catalogue
from tests.messages.extract import Message, NotLiteral, python_messages, template_messages


def test_the_catalogue_is_whole():
    assert catalogue.complaints() == []


def test_texts_of_python_are_found():
    source = (
        'a = _("甲")\nb = ngettext("一个", "多个", n)\nc = pgettext("处", "乙")\nd = translation.gettext("丙" "丁")'
    )
    assert set(python_messages(source, "x.py")) == {
        Message("甲"),
        Message("一个", plural="多个"),
        Message("乙", "处"),
        Message("丙丁"),
    }


@pytest.mark.parametrize("source", ["_(f'{a}甲')", "_(name)", "gettext('a' + b)", "ngettext('a')"])
def test_a_text_made_at_run_time_is_refused(source):
    with pytest.raises(NotLiteral):
        list(python_messages(source, "x.py"))


def test_texts_of_templates_are_found():
    source = """{% translate "甲" %}{% translate '他"说' context "处" %}{{ _("乙") }}{% include "x" with a=_("丙") %}
    {% blocktranslate count n=x %}一个{% plural %}{{ n }}个{% endblocktranslate %}
    {% blocktranslate trimmed %}
      行一 50%
      {{ x }}
    {% endblocktranslate %}{% comment %}{% translate "不" %}{% endcomment %}"""
    assert set(template_messages(source, "x.html")) == {
        Message("甲"),
        Message('他"说', "处"),
        Message("乙"),
        Message("丙"),
        Message("一个", plural="%(n)s个"),
        Message("行一 50%% %(x)s"),
    }


def write(path, *entries):
    path.write_text("\n\n".join(['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"', *entries]) + "\n")
    catalogue.compile_catalogue(path)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "甲%(a)s"\nmsgstr "A %(a)s"', None),
        ('msgid "甲%(a)s"\nmsgstr ""', "untranslated"),
        ('msgid "甲%(a)s"\nmsgstr "A"', "placeholders differ"),
        ('msgid "甲%(a)s"\nmsgstr "A %(b)s"', "placeholders differ"),
        ('msgid "甲%(a)s"\nmsgstr "甲 %(a)s"', "still Chinese"),
        ('msgid "乙"\nmsgstr "B"', "dead"),
        ("", "missing"),
    ],
)
def test_each_fault_is_seen(tmp_path, entry, complaint):
    path = tmp_path / "django.po"
    write(path, entry)
    found = catalogue.complaints(path, {Message("甲%(a)s"): "x.py"})
    assert any(line.startswith(complaint) for line in found) if complaint else found == []


def test_a_stale_compilation_is_seen(tmp_path):
    path = tmp_path / "django.po"
    write(path, 'msgid "甲"\nmsgstr "A"')
    path.write_text(path.read_text().replace('"A"', '"B"'))
    assert catalogue.complaints(path, {Message("甲"): "x.py"}) == [
        "the .mo does not equal the .po, run `make messages`"
    ]


def test_an_update_is_stable_and_keeps_what_is_translated(tmp_path, monkeypatch):
    path = tmp_path / "django.po"
    monkeypatch.setattr(catalogue, "all_messages", lambda: {Message("乙"): "b.py", Message("甲"): "a.py"})
    assert len(catalogue.update(path)) == 2
    path.write_text(path.read_text().replace('msgid "甲"\nmsgstr ""', 'msgid "甲"\nmsgstr "A"'))
    assert catalogue.update(path) == ["untranslated: 乙"]
    first = path.read_bytes()
    catalogue.update(path)
    assert path.read_bytes() == first
    monkeypatch.setattr(catalogue, "all_messages", lambda: {Message("甲"): "a.py"})
    assert catalogue.update(path) == []
    assert "乙" not in path.read_text()


def test_chinese_needs_no_catalogue():
    with translation.override("zh-hans"):
        assert gettext("操作未能完成，请核对后重试。") == "操作未能完成，请核对后重试。"
        # Django's own texts come from its own catalogue.
        assert gettext("This field is required.") != "This field is required."
    with translation.override("en"):
        assert gettext("操作未能完成，请核对后重试。").isascii()
