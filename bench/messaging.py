"""How much faster than stock Pykka and asyncio do our actors pass messages?

Seven programs after the Savina suite, each written once as roles and carried by stock
actors (``tell``), by asyncio tasks with queues, by our actors on each dispatcher, and by one
plain queue without any actors, which is the floor. Every program checks what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple

from . import loop, ours, stock, tasks
from .exchanges import Bank, Big
from .harness import Case, Ratio, Variant
from .programs import Play, Program
from .relays import Create, Deal, Ring
from .turn import Check, Start, in_turn

Carrier = Callable[[Program], AbstractContextManager[Play]]
"""Gives a program's roles actors, tasks or whatever else, for as long as it is open."""

Casting = tuple[Start, Check]

_OURS = "pooled"


class _Piece(NamedTuple):
    """A program, and how much of it one repeat plays."""

    name: str
    unit: str
    units: int
    cast: Callable[[Carrier, int], Casting]
    """Finds players for it, on one kind of carrier."""
    vs_stock: float | None = None
    vs_asyncio: float | None = None
    """What is to be reached."""


def _stand(kind: Callable[[int], Program], size: int, carry: Carrier, units: int) -> Casting:
    """Start all players before the timed part."""
    program = kind(size)

    @contextmanager
    def start() -> Iterator[Play]:
        with carry(program) as play:
            # A rehearsal, which is not counted.
            program.check(units, play(units))
            yield play

    return start, program.check


def _make(carry: Carrier, units: int) -> Casting:
    """Make players in the timed part, each for one message; they end outside it."""

    @contextmanager
    def start() -> Iterator[Play]:
        with ExitStack() as alive:

            def play(units: int) -> tuple[Program, Any]:
                program = Create(units)
                return program, alive.enter_context(carry(program))(units)

            yield play

    def check(units: int, made: tuple[Program, Any]) -> str:
        program, result = made
        return program.check(units, result)

    return start, check


_PIECES = (
    _Piece("pingpong", "message", 10_000, partial(_stand, Ring, 2), vs_stock=5, vs_asyncio=1),
    _Piece("ring", "message", 10_000, partial(_stand, Ring, 100), vs_stock=5, vs_asyncio=1),
    _Piece("count", "message", 20_000, partial(_stand, Deal, 1)),
    _Piece("forkjoin", "message", 20_000, partial(_stand, Deal, 60)),
    _Piece("create", "actor and message", 1_000, _make, vs_stock=10),
    _Piece("big", "ping and pong", 6_000, partial(_stand, Big, 60)),
    _Piece("bank", "transfer", 5_000, partial(_stand, Bank, 100)),
)


def cases(*, small: bool) -> list[Case]:
    """Give one case for each program."""
    share, repeats = (5, 2) if small else (1, 15)
    return [_case(piece._replace(units=piece.units // share), repeats) for piece in _PIECES]


def _case(piece: _Piece, repeats: int) -> Case:
    return Case(
        name=piece.name,
        unit=piece.unit,
        repeats=repeats,
        variants=partial(_variants, piece),
        ratios=(
            Ratio(f"{piece.name}_vs_stock", _OURS, "stock", piece.vs_stock),
            Ratio(f"{piece.name}_vs_asyncio", _OURS, "asyncio", piece.vs_asyncio),
            Ratio(f"{piece.name}_threaded_vs_stock", "threaded", "stock"),
        ),
        warm_ups=0,
    )


@contextmanager
def _variants(piece: _Piece) -> Iterator[list[Variant]]:
    with tasks.event_loop() as event_loop:
        carriers: dict[str, Carrier] = {
            **{name: partial(ours.stage, kind) for name, kind in ours.DISPATCHERS.items()},
            "stock": stock.stage,
            "asyncio": partial(tasks.stage, event_loop),
            "loop": loop.stage,
        }
        yield [
            in_turn(name, piece.units, *piece.cast(carry, piece.units))
            for name, carry in carriers.items()
        ]
