"""Key blocks between institute and province (密钥块)."""

import importlib.util
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chips.keys.block import BlockHeader, BlockRefused, join_components, open_block, read_header, wrap_block

TRANSPORT, KEY = bytes(range(16)), bytes(range(100, 116))
HEADER = BlockHeader("VERIFY", "SM4-CMAC", 3, "44")
# Made by psec 1.3.0 under the transport key 000102…1F, for the key 4B4B…4B.
FOREIGN = (
    "D017610AX03N0200100E44AES-CMACPB1200000000000000CEBA12002580C973AF0176EBD56A32FFE073091177F016559031BA1B424D1D47"
    "909AC65980E208B2408BF9C776205A36BA5F306BA91570BBEE743523F48D150A"
)


@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("header", [HEADER, BlockHeader("MANAGE", "AES-CMAC", 99, "31", exportable=True)])
def test_what_went_in_comes_out(size, header):
    transport = bytes(range(size))
    block = wrap_block(transport, KEY, header)
    assert open_block(transport, block) == (header, KEY)
    assert read_header(block) == header
    assert KEY.hex().upper() not in block
    assert wrap_block(transport, KEY, header) != block


def test_a_block_of_another_maker_opens():
    assert open_block(bytes(range(32)), FOREIGN) == (BlockHeader("VERIFY", "AES-CMAC", 3, "44"), b"K" * 16)


def test_every_changed_letter_is_refused():
    block = wrap_block(TRANSPORT, KEY, HEADER)
    for place, letter in enumerate(block):
        for other in {"0", "1", "A", "D", "E", "N", "X"} - {letter}:
            with pytest.raises(BlockRefused):
                open_block(TRANSPORT, block[:place] + other + block[place + 1 :])


@pytest.mark.parametrize("change", [{"purpose": "MANAGE"}, {"version": 4}, {"province": "45"}, {"exportable": True}])
def test_a_key_does_not_change_its_use_on_the_way(change):
    fields = {name: getattr(HEADER, name) for name in HEADER.__slots__}
    block = wrap_block(TRANSPORT, KEY, HEADER)
    wished = wrap_block(TRANSPORT, KEY, BlockHeader(**fields | change))
    length = len(block) - 2 * 32 - 2 * 16
    with pytest.raises(BlockRefused):
        open_block(TRANSPORT, wished[:length] + block[length:])


def test_another_transport_key_opens_nothing():
    block = wrap_block(TRANSPORT, KEY, HEADER)
    for number in range(64):
        with pytest.raises(BlockRefused):
            open_block(bytes([number]) * 16, block)
    for size in (0, 15, 17, 33):
        with pytest.raises(BlockRefused):
            open_block(bytes(size), block)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=string.printable + "中\0", max_size=200) | st.text(alphabet="D0123456789ANXPB", max_size=160))
def test_nonsense_is_refused_and_nothing_worse(text):
    with pytest.raises(BlockRefused):
        open_block(TRANSPORT, text)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_mangled_blocks_are_refused(data):
    block = wrap_block(TRANSPORT, KEY, HEADER)
    start = data.draw(st.integers(0, len(block) - 1))
    piece = data.draw(st.text(alphabet="0123456789ABCDEFNPX", max_size=40))
    end = data.draw(st.integers(start, len(block)))
    mangled = block[:start] + piece + block[end:]
    if mangled != block:
        with pytest.raises(BlockRefused):
            open_block(TRANSPORT, mangled)


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17), bytes(32)], ids=len)
def test_only_keys_of_16_bytes_travel(key):
    with pytest.raises(ValueError):
        wrap_block(TRANSPORT, key, HEADER)


@pytest.mark.parametrize("change", [{"version": 0}, {"version": 100}, {"province": "4"}, {"province": "４４"}])
def test_a_header_that_does_not_fit_is_refused(change):
    fields = {name: getattr(HEADER, name) for name in HEADER.__slots__}
    with pytest.raises(ValueError):
        wrap_block(TRANSPORT, KEY, BlockHeader(**fields | change))


def test_one_component_says_nothing_of_the_key():
    first, second = bytes(range(16)), bytes(range(50, 66))
    assert join_components(first, second) == join_components(second, first)
    assert join_components(first, join_components(first, second)) == second
    for wrong in (b"", bytes(15), bytes(17)):
        with pytest.raises(BlockRefused):
            join_components(first, wrong)


@pytest.mark.skipif(importlib.util.find_spec("psec") is None, reason="psec (extra `keys`) is not installed")
@pytest.mark.parametrize("size", [16, 24, 32])
@pytest.mark.parametrize("suite", ["AES-CMAC", "SM4-CMAC"])
def test_another_implementation_agrees_both_ways(size, suite):
    tr31 = importlib.import_module("psec.tr31")
    transport = bytes(range(size))
    header, key = tr31.unwrap(transport, wrap_block(transport, KEY, BlockHeader("VERIFY", suite, 7, "44")))
    assert (bytes(key), header.key_usage, header.version_num, header.exportability) == (KEY, "10", "07", "N")
    theirs = tr31.Header("D", "10", "A" if suite == "AES-CMAC" else "1", "X", "07", "N")
    theirs.blocks["10"] = "44" + suite
    assert open_block(transport, tr31.wrap(transport, theirs, KEY)) == (BlockHeader("VERIFY", suite, 7, "44"), KEY)
