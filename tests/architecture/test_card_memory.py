"""What a simulated card remembers is nobody's but the simulator's (卡内数据): everybody else speaks APDUs, ADR 14."""

from __future__ import annotations

import ast

from tests.architecture.source import Module, module, product_modules

MEMORY = {"CardMemory", "Silicon", "CardStore", "card_store"}
# Who plays the card, its maker, its bench, or the reader it lies in.
PLAYERS = {
    "chips/bench_tool.py": "the bench: power cuts and copies",
    "chips/demo.py": "the demonstration's drawer",
    "chips/demo_rows.py": "the demonstration's maker",
    "chips/logistics/injector.py": "the institute's office, where one is simulated in process",
    "chips/readers/transport.py": "the reader in the same process",
    "chips/views/bags.py": "the reader beside the count, which samples",
    "integration/institute/mock_institute/app.py": "the simulated institute",
    "integration/institute/mock_institute/office.py": "the simulated institute",
    "sealreg/local/reader.py": "the reader of the walk",
}


def names_of(one: Module) -> set[str]:
    """Names of the card's memory that a module imports or reaches (引用)."""
    found: set[str] = set()
    for node in ast.walk(one.tree):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names} & MEMORY
        elif isinstance(node, ast.Attribute) and node.attr in MEMORY:
            found.add(node.attr)
    return found


def outsiders(modules: tuple[Module, ...]) -> dict[str, set[str]]:
    """Modules that reach into cards and play no part in the simulation (越界模块)."""
    apart = [one for one in modules if not one.path.startswith("chips/simulator/") and one.path not in PLAYERS]
    return {one.path: names for one in apart if (names := names_of(one))}


def test_only_players_of_the_simulation_hold_a_card():
    assert outsiders(product_modules()) == {}


def test_every_player_still_plays():
    playing = {one.path for one in product_modules() if names_of(one)}
    assert set(PLAYERS) <= playing


def test_a_look_into_a_card_is_found():
    planted = module("filing/views/peek.py", "from chips.demo import card_store\ncard_store().take('04').read()\n")
    by_way = module("filing/views/other.py", "import chips.simulator.store as s\ns.CardStore(1, 2)\n")
    assert set(outsiders((planted, by_way))) == {planted.path, by_way.path}
