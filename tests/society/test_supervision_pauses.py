"""How often one that fails comes back, and after how many rounds."""

from __future__ import annotations

from typing import Any

from antiphon.errors import DownError
from antiphon.tests.society.cast import DISPATCHERS, Ring, Witness
from antiphon.tests.society.supervised_cast import (
    DOWN_FOR_ONE,
    IDS,
    Fate,
    acted,
    addresses,
    everywhere,
    play,
    society_of,
)


@everywhere
def test_past_its_budget_it_is_quarantined(dispatcher: str) -> None:
    fate = Fate("a act 2", "a act 3", "b act 3")
    with society_of(fate, dispatcher, max_restarts=1) as society:
        a = ["acted", "crashed", "crashed", "down", "down"]
        b = ["acted", "acted", "crashed", "acted", "acted"]
        assert play(society, 5) == acted(5) | {"a": a, "b": b}
        error = society.step(dict.fromkeys(IDS)).errors["a"]
        assert isinstance(error, DownError)
        assert error.until is None
        assert "no more than 1 restarts in 100 rounds; ValueError: a act 3" in str(error)
        assert len(addresses()) == len(["the coordinator", "b", "c"])


@everywhere
def test_one_that_fails_rarely_enough_is_always_restarted(dispatcher: str) -> None:
    fate = Fate(*(f"a act {n}" for n in range(1, 20, 3)))
    with society_of(fate, dispatcher, max_restarts=1, restart_window=3) as society:
        assert play(society, 20)["a"] == (["crashed", "acted", "acted"] * 7)[:20]


def course(dispatcher: str, **settings: Any) -> tuple[dict[str, list[str]], str]:
    """Give how each fares in a run with many failures, and the trace of it."""
    fate = Fate(*(f"{i} act {n}" for i in "ab" for n in (2, 5, 6, 11)), "c act 9")
    witness = Witness()
    rules: dict[str, Any] = {"backoff": 3, "backoff_limit": 9, "snapshot_interval": 4, **settings}
    with society_of(fate, dispatcher, environment=Ring(length=9), **rules) as society:
        trace = society.run(40, progress=witness).trace
    return {i: [row[2] for row in witness.rows(i)] for i in IDS}, trace


def test_one_seed_gives_one_course_of_failures_and_restarts_on_every_dispatcher() -> None:
    courses = [course(dispatcher) for dispatcher in (*DISPATCHERS, "simulated")]
    assert all(other == courses[0] for other in courses)
    fared = courses[0][0]
    assert {status for each in fared.values() for status in each} == {"acted", "crashed", "down"}
    # They fail at the same acts, and still do not come back together.
    assert fared["a"] != fared["b"]


def test_another_seed_draws_other_pauses() -> None:
    assert course("inline", seed=1)[0] != course("inline", seed=2)[0]


@everywhere
def test_rounds_close_though_everybody_is_down(dispatcher: str) -> None:
    fate = Fate("a act 2", "b act 2", "c act 2")
    with society_of(fate, dispatcher, backoff=1) as society:
        assert play(society, 4) == dict.fromkeys(IDS, DOWN_FOR_ONE)
