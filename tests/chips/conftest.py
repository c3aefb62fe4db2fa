"""What tests of logistics share (芯片物流夹具)."""

import pytest

from chips.keys.keystore import write_keystore
from chips.readers import site
from chips.simulator.store import CardStore
from tests.chips.cards import MANAGE
from tests.chips.desk import MASTER, SUITE, Readers
from tests.chips.world import World
from tests.chips.world import world as build
from tests.factories import filing as made


@pytest.fixture
def world(db, tmp_path, settings) -> World:
    return build(tmp_path, settings)


@pytest.fixture
def readers(tmp_path, settings):
    settings.KEYSTORE_PATH, settings.KEYSTORE_PASSPHRASE = tmp_path / "keys.json", "two halves"
    name = (SUITE, 1)
    write_keystore(settings.KEYSTORE_PATH, "two halves", {name: MASTER}, management={name: MANAGE})
    found = Readers(CardStore(tmp_path / "cards", b"k" * 32))
    site.connect(found.card)
    yield found
    site.connect(None)


@pytest.fixture
def place():
    return made.shop()


@pytest.fixture
def clerk(place):
    return made.clerk_of(place)


@pytest.fixture
def seal(place, clerk):
    return made.engraved(made.submitted(clerk, made.request_for(place)).seals.get(), clerk)
