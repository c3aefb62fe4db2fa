"""Suites agree with published vectors (密码套件)."""

import pytest

from chips.crypto.mac import cmac, is_cmac, key_check_value

# NIST SP 800-38B, appendix D.1 (AES-128).
KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
TEXT = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411")


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
    ],
)
def test_aes_cmac_gives_the_published_values(length, expected):
    assert cmac("AES-CMAC", KEY, TEXT[:length]).hex() == expected


def test_sm4_cmac_is_another_function_with_the_same_shape():
    assert len(cmac("SM4-CMAC", KEY, TEXT)) == 16
    assert cmac("SM4-CMAC", KEY, TEXT) != cmac("AES-CMAC", KEY, TEXT)


@pytest.mark.parametrize("suite", ["AES-CMAC", "SM4-CMAC"])
def test_any_flipped_bit_is_seen(suite):
    mac = cmac(suite, KEY, TEXT)
    assert is_cmac(suite, KEY, TEXT, mac)
    for bit in range(128):
        wrong = bytearray(mac)
        wrong[bit // 8] ^= 1 << bit % 8
        assert not is_cmac(suite, KEY, TEXT, bytes(wrong))


def test_unknown_suite_is_an_error_not_a_default():
    with pytest.raises(KeyError):
        cmac("DES", KEY, TEXT)


def test_key_check_value_is_three_bytes_in_hex():
    assert key_check_value("AES-CMAC", KEY) == cmac("AES-CMAC", KEY, bytes(16)).hex().upper()[:6]
