"""Every component draws what it is given, escaped, and readable without colour (组件)."""

from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory

from sealreg.clock import SHANGHAI
from sealreg.web import components as c
from sealreg.web.cleaning import CodeField, DatePartsField, TextField
from sealreg.web.forms import Form
from sealreg.web.paging import Count, Page
from sealreg.web.tables import Column, Table

AT = dt.datetime(2026, 3, 4, 10, 20, tzinfo=SHANGHAI)
NASTY = '<b title="x">&'


def drawn(template: str, **context: object) -> str:
    request = RequestFactory().get("/")
    return engines["django"].from_string("{% load ui %}" + template).render(context, request)


@pytest.mark.parametrize(
    ("hours", "words", "tone"),
    [
        (0.005, "还剩 不到 1 分钟", "soon"),
        (0.6, "还剩 36 分钟", "soon"),
        (3.2, "还剩 3 小时 12 分钟", "calm"),
        (24, "还剩 1 天", "calm"),
        (51.9, "还剩 2 天 3 小时", "calm"),
        (-1, "已超时 1 小时", "late"),
    ],
)
def test_a_deadline_is_words_of_the_server(hours, words, tone):
    limit = c.deadline(AT + dt.timedelta(hours=hours), at=AT)
    assert (limit.words, limit.tone) == (words, tone)
    html = drawn("{% deadline limit %}", limit=limit)
    assert words in html
    assert f"sr-deadline--{tone}" in html
    assert f'datetime="{limit.due.isoformat(timespec="seconds")}"' in html


def test_the_present_step_is_marked_for_everyone():
    html = drawn(
        "{% steps items %}",
        items=[c.Step("受理", "done", AT, NASTY), c.Step("刻制", "current"), c.Step("领取"), c.Step("撤回", "stopped")],
    )
    assert html.count('aria-current="step"') == 1
    assert [word in html for word in ("（已完成）", "（正在进行）", "（尚未开始）", "（已中止）")] == [True] * 4
    assert "2026-03-04 10:20" in html
    assert NASTY not in html


def test_a_summary_list_says_what_was_left_empty():
    html = drawn(
        "{% summary_list facts '单位' 3 %}",
        facts=[c.Fact("名称", NASTY, "/change/"), c.Fact("代码", "9144", code=True), c.Fact("说明", "")],
    )
    assert "<h3" in html
    assert "未填写" in html
    assert '<span class="sr-code">9144</span>' in html
    assert 'href="/change/"' in html
    assert NASTY not in html


def test_tasks_without_address_are_no_links():
    html = drawn(
        "{% task_list tasks 'paper' %}",
        tasks=[
            c.Task("材料", c.Status("未开始", "waiting"), "/a/", "提示"),
            c.Task("提交", c.Status("暂不能开始", "quiet")),
        ],
    )
    assert html.count("<a ") == 1
    assert 'aria-describedby="paper-1-status paper-1-hint"' in html


def test_counters_and_doors():
    html = drawn("{% counters items %}", items=[c.Counter("已超时", 1, "/late/", "late"), c.Counter("今日", "3")])
    assert html.count("<li") == 2
    assert "sr-counter--late" in html
    assert "查进度" in drawn("{% doors items %}", items=[c.Door("查进度", "凭编号", "/progress/")])


def test_history_status_code_and_moment():
    assert "已受理" in drawn("{% history events %}", events=[c.Event("已受理", AT, "李晴")])
    assert drawn("{% status_tag status %}", status=c.Status(NASTY, "done")).count("<b") == 0
    assert drawn("{% status_tag '待领取' 'waiting' %}") == '<span class="sr-status sr-status--waiting">待领取</span>'
    assert drawn("{% code '9144' %}") == '<span class="sr-code">9144</span>'
    assert drawn("{{ at|moment }}|{{ none|moment }}", at=AT.astimezone(dt.UTC), none=None) == "2026-03-04 10:20|"


def test_progress_polls_only_while_it_runs_and_has_a_link():
    running = drawn("{% progress work %}", work=c.Progress(412, 1_000, "/jobs/1/", "导入"))
    assert 'hx-get="/jobs/1/"' in running
    assert 'href="/jobs/1/"' in running
    assert 'value="41"' in running
    finished = drawn("{% progress work %}", work=c.Progress(1_000, 1_000, "/jobs/1/", running=False))
    assert "hx-get" not in finished
    assert c.Progress(0, 0, "").percent == 100


def test_a_table_escapes_marks_late_rows_and_says_how_it_is_sorted():
    table = Table(
        columns=[
            Column("编号", lambda row: row, kind="code", link=lambda row: f"/x/{row}/", sort="number"),
            Column("空", lambda row: None),
            Column("名称", lambda row: NASTY, sort="name"),
        ],
        rows=["1", "2"],
        caption="列表",
        late=lambda row: row == "2",
        sorted_by="-number",
        sort_url=lambda key: f"?sort={key}",
    )
    html = drawn("{% data_table table keyboard=True %}", table=table)
    assert NASTY not in html
    assert html.count("sr-row--late") == 1
    assert 'aria-sort="descending"' in html
    assert 'href="?sort=number"' in html
    assert 'scope="row"' in html
    assert "data-rows" in html
    assert "—" in html


def test_the_pager_shows_only_ways_that_exist():
    html = drawn("{% pager page %}", page=Page(rows=(), next="n", count=Count(7), query="q=1", notice="从第一页开始"))
    assert 'href="?q=1&amp;cursor=n"' in html
    assert "上一页" not in html
    assert "共 7 条" in html
    assert "从第一页开始" in html


def test_copy_offers_its_button_only_through_the_script():
    html = drawn("{% copy_text '7K3M' %}")
    assert 'data-copy="7K3M"' in html
    assert "hidden" in html


class Sample(Form):
    name = forms.CharField(label="名称", help_text="如营业执照")
    kind = forms.ChoiceField(label="种类", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    many = forms.MultipleChoiceField(label="多选", choices=[("a", "甲")], widget=forms.CheckboxSelectMultiple)
    code = CodeField(label="代码", required=False)
    born = DatePartsField(label="日期")
    story = TextField(label="说明", max_length=5)
    password = forms.CharField(label="密码", widget=forms.PasswordInput)
    paper = forms.FileField(label="材料")
    yes = forms.BooleanField(label="承诺")


def test_errors_link_to_controls_that_exist_and_descriptions_to_texts_that_exist():
    html = str(Sample({"name": "", "story": "超过五个字了"}))
    links = {part.split('"')[0] for part in html.split('href="#')[1:]}
    assert links == {"id_name", "id_kind_0", "id_many_0", "id_born_0", "id_story", "id_password", "id_paper", "id_yes"}
    for target in links:
        assert html.count(f' id="{target}"') == 1
    for part in html.split('aria-describedby="')[1:]:
        for target in part.split('"')[0].split():
            assert f'id="{target}"' in html, target
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-describedby="id_story_error id_story-info"' in html
    assert 'aria-invalid="true"' in html
    assert " required" not in html


def test_controls_are_what_their_fields_are():
    html = str(Sample())
    assert 'type="radio"' in html
    assert 'type="checkbox" name="many"' in html
    assert 'spellcheck="false" autocapitalize="characters"' in html
    assert 'data-module="govuk-character-count" data-maxlength="5"' in html
    assert "（选填）" in html
    assert html.index("_0") < html.index("_1") < html.index("_2")
    assert "error-summary" not in html


def test_a_password_never_comes_back():
    assert "hunter2" not in str(Sample({"password": "hunter2"}))
