"""Numbers of companies and persons (证照号码): vectors, oracles, and what the user reads."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from sealreg.errors import RuleBroken
from sealreg.units import identifiers, synthetic
from sealreg.units.identifiers import (
    DocumentKind,
    read_credit_code,
    read_document_number,
    read_identity_number,
    read_phone,
    read_registration_number,
)

TODAY = dt.date(2026, 11, 23)
indexes = st.integers(0, 31**6 - 1)


def reason(call, *args, **kwargs):
    with pytest.raises(RuleBroken) as refused:
        call(*args, **kwargs)
    return refused.value.reason, str(refused.value.message)


def test_credit_code_vectors():
    assert read_credit_code("91350100M000100Y43") == "91350100M000100Y43"
    assert reason(read_credit_code, "91350100M000100Y4Z")[0] == "credit_code_character"
    assert reason(read_credit_code, "91350100M000100Y44")[0] == "credit_code_check"
    assert identifiers.subject_code_check("M000100Y") == "4"


def test_credit_code_is_read_as_people_type_it():
    assert read_credit_code(" ９１350100-m000100y43\u200b ") == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("91350100M000100Y4", "credit_code_length", "17位"),
        ("440681000012345", "credit_code_length", "15位的旧注册号"),
        ("9135O100M000100Y43", "credit_code_character", "第5位“O”"),
        ("91350100M0001中0Y43"[:18], "credit_code_character", "第14位“中”"),
        ("9135A100M000100Y43", "credit_code_area", "第3至8位"),
        ("91350100M000100Y4\0", "credit_code_length", "17位"),
        ("", "credit_code_length", "0位"),
    ],
)
def test_credit_code_errors_say_what_is_wrong(typed, code, words):
    found, message = reason(read_credit_code, typed)
    assert found == code
    assert words in message


@given(indexes, st.sampled_from("1259"), st.sampled_from("123"))
def test_credit_codes_agree_with_the_oracle(index, department, kind):
    code = synthetic.credit_code(index, department=department, kind=kind)
    assert uscc.is_valid(code)
    assert read_credit_code(code) == code
    assert identifiers.credit_code_warnings(code) == []


@given(indexes, st.integers(0, 17), st.sampled_from(identifiers.CREDIT_CODE_ALPHABET))
def test_one_wrong_character_is_always_seen_as_the_oracle_does(index, position, character):
    code = synthetic.credit_code(index)
    changed = code[:position] + character + code[position + 1 :]
    try:
        accepted = read_credit_code(changed) == changed
    except RuleBroken:
        accepted = False
    assert accepted == (changed == code)
    assert accepted == uscc.is_valid(changed)


def test_inner_check_and_department_only_warn():
    body = "9" + "1" + "449900" + "MA00000" + "A" + "0"
    assert identifiers.subject_code_check(body[8:16]) != body[16]
    code = body + identifiers.credit_code_check(body)
    assert read_credit_code(code) == code
    assert len(identifiers.credit_code_warnings(code)) == 1
    other = "B" + code[1:17]
    other += identifiers.credit_code_check(other)
    assert len(identifiers.credit_code_warnings(read_credit_code(other))) == 2
    army = "A" + synthetic.credit_code(5)[1:17]
    army += identifiers.credit_code_check(army)  # the oracle refuses letters here; the standard has A, N and Y
    assert identifiers.credit_code_warnings(read_credit_code(army)) == []


def test_generated_credit_codes_do_not_repeat():
    assert len({synthetic.credit_code(index) for index in range(20_000)}) == 20_000


@given(st.integers(0, 99_999_999))
def test_registration_numbers_agree_with_the_oracle(index):
    number = synthetic.registration_number(index)
    assert mod_11_10.is_valid(number)
    assert read_registration_number(f" {number[:6]} {number[6:]}") == number
    wrong = number[:14] + str((int(number[14]) + 1) % 10)
    assert reason(read_registration_number, wrong)[0] == "registration_number_check"


def test_registration_number_form():
    assert reason(read_registration_number, "44068100001234X")[0] == "registration_number_form"


def test_identity_number_vectors():
    assert read_identity_number("11010519491231002x", today=TODAY) == "11010519491231002X"
    # The area part is an abolished county and the birth year 1880 lies within 150 years.
    assert read_identity_number("440524188001010014", today=TODAY) == "440524188001010014"


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("1101051949123100", "identity_number_length", "16位"),
        ("110105491231002", "identity_number_old_form", "15位"),
        ("11010519491231002Y", "identity_number_character", "最后一位"),
        ("1101051949X231002X", "identity_number_character", "第11位“X”"),
        ("110105194902300028", "identity_number_birth", "19490230"),
        ("110105203001010021", "identity_number_birth", "2030-01-01"),
        ("110105180001010021", "identity_number_birth", "1800-01-01"),
        ("110105194912310021", "identity_number_check", "校验"),
    ],
)
def test_identity_number_errors_say_what_is_wrong(typed, code, words):
    found, message = reason(read_identity_number, typed, today=TODAY)
    assert found == code
    assert words in message


def test_the_old_form_is_taken_from_history_only():
    assert read_identity_number("110105491231002", today=TODAY, old_form=True) == "110105491231002"
    assert reason(read_identity_number, "110105491331002", today=TODAY, old_form=True)[0] == "identity_number_birth"


@given(st.integers(0, 10**9))
def test_generated_identity_numbers_are_well_formed_and_unallocated(index):
    number = synthetic.identity_number(index)
    assert read_identity_number(number, today=TODAY) == number
    assert number.startswith("4499")


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (DocumentKind.RESIDENT_ID, "11010519491231002X", "11010519491231002X"),
        (DocumentKind.HK_MACAO_PERMIT, "h 1234 5678", "H12345678"),
        (DocumentKind.HK_MACAO_PERMIT, "M1234567801", "M1234567801"),
        (DocumentKind.TAIWAN_PERMIT, "12345678", "12345678"),
        (DocumentKind.FOREIGN_RESIDENCE, "CHN110000010101", "CHN110000010101"),
        (DocumentKind.PASSPORT, "e-00000000", "E00000000"),
    ],
)
def test_documents_are_read(kind, typed, stored):
    assert read_document_number(kind, typed, today=TODAY) == stored


def test_residence_permit_of_hong_kong_macao_taiwan_residents():
    body = "810000" + "19900101" + "001"
    number = body + identifiers.identity_number_check(body)
    assert read_document_number(DocumentKind.HMT_RESIDENCE, number, today=TODAY) == number
    assert reason(read_document_number, DocumentKind.HMT_RESIDENCE, "11010519491231002X", today=TODAY)[0] == (
        "document_number_form"
    )


@pytest.mark.parametrize("kind", [kind for kind in DocumentKind if kind not in ("RESIDENT_ID", "HMT_RESIDENCE")])
def test_wrong_documents_are_refused_with_their_form(kind):
    for typed in ("", "？！", "1" * 40, "٣٤٥٦٧٨٩٠"):
        code, message = reason(read_document_number, kind, typed, today=TODAY)
        assert code == "document_number_form"
        assert "应为" in message
    assert reason(read_document_number, "LIBRARY_CARD", "1", today=TODAY)[0] == "document_kind_unknown"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("154 0000 0000", "15400000000"),
        ("+86 15400000000", "15400000000"),
        ("（０７５７）２２２２ ２２２２", "075722222222"),
        ("020-82222222", "02082222222"),
        ("00852 2345 6789", "+85223456789"),
        ("+853-2345-6789", "+85323456789"),
    ],
)
def test_phones_are_read(typed, stored):
    assert read_phone(typed) == stored


@pytest.mark.parametrize(
    ("typed", "words"), [("1540000000", "10位"), ("22222222", "区号"), ("abc", "无法识别"), ("", "无法")]
)
def test_wrong_phones_say_what_is_wrong(typed, words):
    code, message = reason(read_phone, typed)
    assert code == "phone_form"
    assert words in message


@given(st.integers(0, 10**9))
def test_generated_phones_are_well_formed(index):
    assert read_phone(synthetic.mobile(index)).startswith("154")


@given(st.text(max_size=40))
def test_no_text_breaks_a_reader(typed):
    for call in (
        read_credit_code,
        read_registration_number,
        read_phone,
        lambda text: read_identity_number(text, today=TODAY),
        lambda text: read_document_number(DocumentKind.PASSPORT, text, today=TODAY),
    ):
        try:
            assert call(typed).isascii()
        except RuleBroken:
            continue


def test_masked_numbers_keep_their_ends():
    assert identifiers.mask_number("11010519491231002X") == "110*************2X"
    assert identifiers.mask_number("12345") == "*****"
