"""What people type becomes what may be stored, or a sentence at the field (文字清洗)."""

from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from sealreg.accounts.models import Organisation
from sealreg.errors import RuleBroken
from sealreg.web.cleaning import CodeField, DatePartsField, LineField, TextField, plain_code
from sealreg.web.forms import DateInput, FilterForm, Form


class Everything(Form):
    name = LineField(label="单位名称", max_length=10)
    code = CodeField(label="代码", length=18)
    story = TextField(label="说明", max_length=20, required=False)
    count = forms.IntegerField(label="数量", required=False, min_value=1, max_value=99)
    on = forms.DateField(label="日期", required=False, widget=DateInput)
    born = DatePartsField(label="出生日期", required=False)
    kind = forms.ChoiceField(label="种类", choices=[("a", "甲"), ("b", "乙")], required=False)


def sent(**fields: str) -> Everything:
    data = QueryDict(mutable=True)
    for name, value in ({"name": "岭澄木作", "code": "91440606MA00000000"} | fields).items():
        data[name] = value
    return Everything(data)


@pytest.mark.parametrize(
    "typed",
    [
        "91440606MA00000000",
        " 91440606ma00000000 ",
        "９１４４０６０６ＭＡ００００００００",
        "9144-0606-MA00-0000-00",
        "\ufeff91440606MA00000000",
    ],
)
def test_codes_are_taken_as_people_type_and_copy_them(typed):
    form = sent(code=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["code"] == "91440606MA00000000"


@pytest.mark.parametrize(("field", "limit"), [("name", 10), ("code", 18), ("story", 20)])
def test_endless_text_is_told_what_the_field_takes(field, limit):
    form = sent(**{field: "长" * 20_000})
    assert f"最多 {limit} 个字，现有 20000 个字" in form.errors[field][0]


@pytest.mark.parametrize(
    ("typed", "code"), [("91440606", "length"), ("91440606MA0000000*", "alphabet"), ("９" * 19, "length")]
)
def test_wrong_codes_get_a_sentence_at_the_field(typed, code):
    form = sent(code=typed)
    assert not form.is_valid()
    assert form.errors.as_data()["code"][0].code == code
    assert form["code"].value() == typed


@pytest.mark.parametrize("field", ["name", "code", "story", "count", "on", "kind"])
@pytest.mark.parametrize("mark", ["\x00", "\x1b", "\x7f", "\x85"])
def test_control_characters_are_refused_at_the_field_and_the_rest_is_kept(field, mark):
    form = sent(**{field: f"甲{mark}乙"})
    assert not form.is_valid()
    assert any("控制字符" in message for message in form.errors[field])
    assert form[field].value() == "甲乙"


def test_marks_that_reorder_text_are_refused_in_names():
    form = sent(name="岭澄\u202e木作")
    assert not form.is_valid()
    assert form["name"].value() == "岭澄木作"


def test_lines_are_refused_in_a_name_and_kept_in_a_text():
    assert not sent(name="岭澄\n木作").is_valid()
    form = sent(story="第一行\r\n第二行")
    assert form.is_valid()
    assert form.cleaned_data["story"] == "第一行\n第二行"


def test_full_width_words_stay_as_they_were_in_names():
    form = sent(name="（顺德）ＡＢ")
    assert form.is_valid()
    assert form.cleaned_data["name"] == "（顺德）ＡＢ"


def test_too_long_is_said_in_numbers_and_nothing_is_cut():
    form = sent(name="长" * 11)
    assert form.errors["name"] == ["最多 10 个字，现有 11 个字，请精简。"]
    assert form["name"].value() == "长" * 11
    huge = sent(story="长" * 100_000)
    assert not huge.is_valid()
    assert len(huge["story"].value()) == 100_000


@pytest.mark.parametrize(("typed", "meant"), [("１２", 12), (" 7 ", 7), ("1e3", None), ("9" * 5_000, None)])
def test_numbers_forgive_full_width_and_refuse_the_rest(typed, meant):
    form = sent(count=typed)
    assert form.is_valid() is (meant is not None)
    if meant is not None:
        assert form.cleaned_data["count"] == meant


def test_full_width_dates_are_dates():
    form = sent(on="２０２６-０３-０４", born_0="２０２６", born_1="３", born_2="４")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["on"] == form.cleaned_data["born"] == dt.date(2026, 3, 4)


@pytest.mark.parametrize(
    "parts", [("2026", "2", "30"), ("2026", "", "3"), ("26", "2", "3"), ("二〇", "2", "3"), ("2026", "0", "1")]
)
def test_no_such_day_is_said_and_kept(parts):
    form = sent(born_0=parts[0], born_1=parts[1], born_2=parts[2])
    assert not form.is_valid()
    assert form.errors["born"]
    html = str(form["born"].as_field_group())
    assert all(f'value="{part}"' in html for part in parts if part)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=30), st.text(max_size=12))
def test_no_text_at_all_raises(name, code, number, date):
    form = sent(name=name, code=code, count=number, on=date, born_0=number, kind=code, story=name)
    form.is_valid()
    for value in (form.cleaned_data.get("name", ""), form.cleaned_data.get("story", "")):
        assert "\x00" not in value
    form.render()


@given(st.text(alphabet=st.characters(codec="gb18030", categories=["L", "N", "P", "Z", "S"]), max_size=40))
def test_a_code_is_the_same_after_a_second_cleaning(text):
    assert plain_code(plain_code(text)) == plain_code(text)


@pytest.mark.django_db
def test_a_choice_from_the_database_survives_nul():
    class Choose(Form):
        place = forms.ModelChoiceField(Organisation.objects.all())

    form = Choose({"place": "1\x002"})
    assert not form.is_valid()
    assert "控制字符" in form.errors["place"][0]


def test_errors_of_the_domain_find_their_field():
    form = sent()
    assert form.is_valid()
    form.add_domain_error(RuleBroken("总的原因", fields={"name": "名称已被使用", "elsewhere": "别处"}))
    assert form.errors["name"] == ["名称已被使用"]
    other = sent()
    assert other.is_valid()
    other.add_domain_error(RuleBroken("该单位已有一枚有效的法定名称章"))
    assert other.non_field_errors() == ["该单位已有一枚有效的法定名称章"]


def test_empty_fields_say_what_to_do():
    class Needed(Form):
        text = forms.CharField()
        choice = forms.ChoiceField(choices=[("a", "甲")])
        file = forms.FileField()
        yes = forms.BooleanField()
        own = forms.CharField(error_messages={"required": "请填写经办人姓名。"})

    errors = Needed({}).errors
    assert [errors[name][0] for name in errors] == [
        "请填写。",
        "请选择。",
        "请上传文件。",
        "请先确认此项。",
        "请填写经办人姓名。",
    ]


def test_filters_require_nothing():
    class Narrow(FilterForm):
        q = LineField(label="查询")

    assert Narrow({}).is_valid()


def test_line_field_alone_refuses_nul():
    with pytest.raises(ValidationError):
        LineField().clean("a\x00b")
