"""What tests of logistics share (芯片物流夹具)."""

import pytest

from tests.chips.world import World
from tests.chips.world import world as build


@pytest.fixture
def world(db, tmp_path, settings) -> World:
    return build(tmp_path, settings)
