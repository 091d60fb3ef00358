"""Rows of experiences grow and shrink beside readers, where the garbage collector never looks."""

from __future__ import annotations

import gc

from antiphon.memory.episodic import EpisodicMemory
from antiphon.memory.limits import MemoryLimits
from antiphon.memory.rows import Rows, no_rows, taken, with_room, without, without_first
from antiphon.tests.memory.lives import lived


def row(count: int) -> Rows:
    rows = no_rows()
    for n in range(count):
        if n == len(rows):
            rows = with_room(rows)
        rows[n] = b"%d" % n
    return rows


def held(count: int) -> list[bytes]:
    return [b"%d" % n for n in range(count)]


def looked_at(thing: object) -> int:
    """Count what the collector walks over, all that hangs on a thing included."""
    seen, waiting = {id(thing)}, [thing]
    for one in waiting:
        new = [other for other in gc.get_referents(one) if id(other) not in seen]
        seen.update(map(id, new))
        waiting += [other for other in new if type(other) is not type]
    return len(waiting)


def test_a_row_grows_and_keeps_its_order() -> None:
    assert taken(row(1_000), 0, 1_000) == held(1_000)


def test_who_reads_a_row_goes_on_when_it_has_grown() -> None:
    before = row(len(no_rows()))
    after = with_room(before)
    after[len(before)] = b"new"
    assert taken(before, 0, len(before)) == held(len(before))


def test_what_is_left_out_is_gone_from_a_new_row_alone() -> None:
    rows = row(9)
    assert taken(without_first(rows, 9, 4), 0, 5) == held(9)[4:]
    assert taken(without(rows, 9, [0, 1, 2]), 0, 6) == held(9)[3:]
    assert taken(without(rows, 9, [1, 2, 8]), 0, 6) == [b"0", b"3", b"4", b"5", b"6", b"7"]
    assert taken(rows, 0, 9) == held(9)


def test_a_row_without_some_has_room_for_more() -> None:
    rest = without_first(row(40), 40, 39)
    assert len(rest) > 1


def test_a_long_life_is_no_more_for_the_collector_than_a_short_one() -> None:
    short, long = (EpisodicMemory(MemoryLimits(size=1_000)) for _ in range(2))
    short.record(lived(1))
    for round in range(1_000):
        long.record(lived(round))
    assert looked_at(long._state) == looked_at(short._state)
