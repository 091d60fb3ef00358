from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from antiphon.bench import loop, messaging
from antiphon.bench.exchanges import Bank, Big
from antiphon.bench.programs import Program, Tell
from antiphon.bench.relays import Create, Deal, Ring

CARRIERS = ["pooled", "threaded", "inline", "stock", "asyncio", "loop"]
PIECES = {piece.name: piece for piece in messaging._PIECES}
UNITS = 120
PROGRAMS: dict[str, Callable[[], Program]] = {
    "ping-pong": lambda: Ring(2),
    "ring": lambda: Ring(7),
    "count": lambda: Deal(1),
    "fork-join": lambda: Deal(7),
    "create": lambda: Create(UNITS),
    "big": lambda: Big(6),
    "bank": lambda: Bank(5),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("piece", PIECES)
def test_every_program_does_its_work_on_every_carrier(piece: str, carrier: str) -> None:
    with messaging._variants(PIECES[piece]._replace(units=UNITS)) as variants:
        (variant,) = [one for one in variants if one.name == carrier]
        for _ in range(2):
            with variant.turn():
                assert variant.check(UNITS, variant.run(UNITS)) == ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_counts_anew_after_each_check(program: str) -> None:
    played = PROGRAMS[program]()
    with loop.stage(played) as play:
        for _ in range(1 if program == "create" else 3):
            assert played.check(UNITS, play(UNITS)) == ""


Fault = Callable[[Any, Sequence[Tell], int], None]
"""Delivers a message that was for one of all these, wrongly."""


def lost(message: Any, tells: Sequence[Tell], index: int) -> None:
    pass


def doubled(message: Any, tells: Sequence[Tell], index: int) -> None:
    tells[index](message)
    tells[index](message)


def astray(message: Any, tells: Sequence[Tell], index: int) -> None:
    tells[(index + 1) % len(tells)](message)


class Spoilt(Program):
    """The same roles, but one message on its way is not delivered as it should be."""

    def __init__(self, program: Program, fault: Fault, which: int) -> None:
        super().__init__(program.roles)
        self._fault, self._left = fault, which

    def link(self, tells: Sequence[Tell], done: Tell) -> None:
        super().link([self._spoil(tells, index) for index in range(len(tells))], done)

    def _spoil(self, tells: Sequence[Tell], index: int) -> Tell:
        def tell(message: Any) -> None:
            self._left -= 1
            if self._left == 0:
                self._fault(message, tells, index)
            else:
                tells[index](message)

        return tell

    def check(self, units: int, result: Any) -> str:
        raise NotImplementedError


@pytest.mark.parametrize("which", [1, 2, 17, 60, 118])
@pytest.mark.parametrize("fault", [lost, doubled, astray])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_message_that_is_not_delivered_once_to_whom_it_is_for_is_noticed(
    program: str, fault: Fault, which: int
) -> None:
    played = PROGRAMS[program]()
    assert wrong(played, Spoilt(played, fault, which))


def wrong(program: Program, spoilt: Program) -> str:
    with loop.stage(spoilt) as play:
        try:
            return program.check(UNITS, play(UNITS))
        except Exception as error:  # noqa: BLE001  a role that is told nonsense may raise
            return repr(error)


def test_the_loop_has_no_result_if_a_message_is_lost() -> None:
    with loop.stage(Spoilt(Ring(2), lost, 5)) as play, pytest.raises(IndexError):
        play(UNITS)
