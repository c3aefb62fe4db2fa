"""Data tables draw what they are given, escaped (数据表格)."""

from html.parser import HTMLParser

from django import forms
from django.template import Context, Template

from sealreg.web.components import Status
from sealreg.web.forms import Form
from sealreg.web.tables import Column, Table


class Cells(HTMLParser):
    """Tags in order with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_rows_are_marked_up_and_escaped():
    columns = [
        Column("name", lambda row: row["name"], link=lambda row: f"/x/?a=1&b={row['name']}"),
        Column("code", lambda row: row["code"], kind="code"),
        Column("state", lambda row: Status(row["name"], "done")),
    ]
    rows = [{"name": "<b>青禾</b>", "code": '"><i>'}, {"name": "白桦", "code": None}]
    table = Table(columns, rows, caption="units", late=lambda row: row["code"] is None)
    text = Template("{% load ui %}{% data_table table %}").render(Context({"table": table}))
    seen = Cells(text)
    names = [tag for tag, _ in seen.tags]
    assert "b" not in names
    assert "i" not in names
    assert names.count("tr") == 3
    assert [attrs.get("scope") for tag, attrs in seen.tags if tag == "th"] == ["col", "col", "col", "row", "row"]
    assert {"class": "sr-row--late"} in [attrs for tag, attrs in seen.tags if tag == "tr"]
    assert "/x/?a=1&b=<b>青禾</b>" in [attrs.get("href") for tag, attrs in seen.tags if tag == "a"]
    assert "—" in text


def test_choices_keep_values_selection_and_groups():
    class Sample(Form):
        place = forms.TypedChoiceField(
            coerce=int, choices=[("", "all"), ("group", [(440606, "<顺德>"), (440605, "南海")])], initial=440605
        )

    text = Template("{% load ui %}{% widget form.place %}").render(Context({"form": Sample()}))
    options = [attrs for tag, attrs in Cells(text).tags if tag == "option"]
    assert options == [{"value": ""}, {"value": "440606"}, {"value": "440605", "selected": None}]
    assert ("optgroup", {"label": "group"}) in Cells(text).tags
    assert "&lt;顺德&gt;" in text
    assert 'class="govuk-select' in text
