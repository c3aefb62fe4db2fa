"""The primitives agree with what the standards print (公开测试向量)."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB, GCM

from chips.crypto.mac import cmac
from chips.crypto.sign import SIGN_SUITES
from chips.crypto.sun import TapUnreadable, open_identity, seal_identity, tap_mac
from sealreg.api.choices import Algorithm
from sealreg.api.crypto import SUITES

h = bytes.fromhex


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
    ids=["A.1", "A.2"],
)
def test_sm3_gives_the_annex_of_gbt_32905(message, expected):
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    assert digest.finalize().hex() == expected


def test_sm4_gives_the_annex_of_gbt_32907():
    block = h("0123456789abcdeffedcba9876543210")
    assert Cipher(SM4(block), ECB()).encryptor().update(block).hex() == "681edf34d206965e86b3e94f536e4246"


def test_sm4_a_million_times_gives_the_second_example_of_the_annex():
    key = block = h("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(SM4(key), ECB()).encryptor()
    for _ in range(1_000_000):
        block = encryptor.update(block)
    assert block.hex() == "595298c7c6fd271f0402f804c33d3f66"


def test_sm4_gcm_gives_appendix_a1_of_rfc_8998():
    key, nonce = h("0123456789ABCDEFFEDCBA9876543210"), h("00001234567800000000ABCD")
    plain = h("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
              "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA")  # fmt: skip
    context = Cipher(SM4(key), GCM(nonce)).encryptor()
    context.authenticate_additional_data(h("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"))
    sealed = context.update(plain) + context.finalize()
    assert sealed.hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert context.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"


def _dbl(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    return ((number & (2**128 - 1)) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 32, 40])
def test_sm4_cmac_is_sp800_38b_over_sm4(length):
    key, message = h("2b7e151628aed2a6abf7158809cf4f3c"), bytes(range(length))

    def encrypt(block):
        return Cipher(SM4(key), ECB()).encryptor().update(block)

    first = _dbl(encrypt(bytes(16)))
    blocks = [message[start : start + 16] for start in range(0, max(length, 1), 16)]
    last, whole = blocks[-1], length and length % 16 == 0
    last = last if whole else last + b"\x80" + bytes(15 - len(last))
    blocks[-1] = bytes(a ^ b for a, b in zip(last, first if whole else _dbl(first), strict=True))
    state = bytes(16)
    for block in blocks:
        state = encrypt(bytes(a ^ b for a, b in zip(state, block, strict=True)))
    assert cmac("SM4-CMAC", key, message) == state


def test_diversification_gives_the_example_of_an10922():
    key = h("00112233445566778899AABBCCDDEEFF")
    text = b"\x01" + h("04782E21801D80") + h("3042F5") + b"NXP Abu"
    assert cmac("AES-CMAC", key, text).hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"


def test_tap_gives_the_example_of_an12196():
    uid, counter = open_identity("AES-CMAC", bytes(16), h("EF963FF7828658A599F3041510671E88"))
    assert (uid.hex().upper(), counter) == ("04DE5F1EACC040", 61)
    assert tap_mac("AES-CMAC", bytes(16), uid=uid, counter=counter).hex().upper() == "94EED9EE65337086"


@pytest.mark.parametrize("suite", ["AES-CMAC", "SM4-CMAC"])
def test_tap_identity_comes_back_and_a_foreign_one_does_not(suite):
    sealed = seal_identity(suite, b"k" * 16, uid=h("04A1B2C3D4E5F6"), counter=7)
    assert open_identity(suite, b"k" * 16, sealed) == (h("04A1B2C3D4E5F6"), 7)
    for wrong in (b"", sealed[:15], sealed + b"\0"):
        with pytest.raises(TapUnreadable):
            open_identity(suite, b"k" * 16, wrong)
    refused = 0
    for number in range(64):
        try:
            open_identity(suite, number.to_bytes(16, "big"), sealed)
        except TapUnreadable:
            refused += 1
    assert refused >= 60  # one key in 256 happens to give the tag; the MAC stops that one


@pytest.mark.skipif("SM2-SM3" not in SIGN_SUITES, reason="gmssl-pyx has no wheel for this platform: SM2 is refused")
def test_sm2_gives_annex_a_of_gbt_32918_5():
    public = h("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
               "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13")  # fmt: skip
    signature = h("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
                  "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")  # fmt: skip
    digest = SUITES[Algorithm.SM2].digest(public, b"message digest")
    assert digest.hex().upper() == "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"
    assert SIGN_SUITES["SM2-SM3"].verify(public, b"message digest", signature)


def test_ed25519_gives_the_second_test_of_rfc_8032():
    private = h("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = h("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    assert SIGN_SUITES["EdDSA"].sign(private, public, b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_aes_gcm_gives_case_2_of_the_gcm_paper():
    sealed = AESGCM(bytes(16)).encrypt(bytes(12), bytes(16), b"")
    assert sealed.hex() == "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"
