"""CPU time from /proc (处理器时间): what a tree of processes used, and what strangers used meanwhile."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, int] | None:
    """Parent and ticks of a process, with those of the children it has waited for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return parse_stat(text)


def parse_stat(text: str) -> tuple[int, int]:
    """(parent, utime+stime+cutime+cstime) of a line of /proc/PID/stat; the name in it may hold blanks and brackets."""
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), sum(int(field) for field in fields[11:15])


def tree_seconds(root: int) -> float:
    """CPU seconds of a process and all below it (进程树处理器时间)."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _stat(int(entry.name))) is not None:
            parents[int(entry.name)], ticks[int(entry.name)] = found
    return sum(ticks[pid] for pid in below(root, parents)) / TICK


def below(root: int, parents: dict[int, int]) -> set[int]:
    """The process and everything started under it (子树)."""
    found = {root} & parents.keys()
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def busy_seconds() -> float:
    """CPU seconds of the whole machine that were not idle (全机忙碌时间)."""
    values = [int(value) for value in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]]
    user_nice_system, irq, steal = sum(values[0:3]), sum(values[5:7]), values[7] if len(values) > 7 else 0
    return (user_nice_system + irq + steal) / TICK


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment (读数), in seconds."""

    wall: float
    busy: float
    own: float
    trees: tuple[float, ...]


def read(wall: float, roots: tuple[int, ...]) -> Reading:
    """All counters now (取读数). roots: process ids whose trees are watched apart."""
    return Reading(wall, busy_seconds(), tree_seconds(os.getpid()), tuple(tree_seconds(root) for root in roots))


def foreign_percent(before: Reading, after: Reading) -> float:
    """CPU of processes that are not ours, in percent of one core (外部占用)."""
    wall = after.wall - before.wall
    foreign = (after.busy - before.busy) - (after.own - before.own)
    return max(0.0, 100 * foreign / wall) if wall > 0 else 0.0
