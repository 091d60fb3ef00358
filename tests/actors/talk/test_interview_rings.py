"""Who asks in a ring is told its path at once; who asks in a chain is answered, however long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.talk import interview
from antiphon.clock import SystemClock
from antiphon.errors import AskDeadlockError, AskError
from antiphon.models.agent import Context
from antiphon.tests.actors.talk.room import Room


def asks_on(to: str) -> Callable[[Context], Any]:
    return lambda context: context.ask(to, "?")


@pytest.mark.parametrize(
    ("ids", "path"),
    [("a", "aa"), ("ab", "bab"), ("abc", "cabc")],
)
def test_a_ring_is_refused_with_its_path(ids: str, path: str) -> None:
    room = Room()
    for asker, asked in zip(ids, ids[1:] + ids[:1], strict=True):
        on = asks_on(asked)
        room.enter(asker, act=on, answer=lambda *given, on=on: on(given[-1]))  # type: ignore[misc]
    with pytest.raises(AskDeadlockError) as caught:
        room.call("a")
    assert caught.value.path == tuple(path)


def test_a_ring_that_the_asker_is_not_in_is_named_without_it() -> None:
    room = Room()
    room.enter("b", answer=lambda agent, q, s, context: context.ask("c", q))
    room.enter("c", answer=lambda agent, q, s, context: context.ask("b", q))
    with pytest.raises(AskDeadlockError) as caught:
        room.ask("b")
    assert caught.value.path == ("c", "b", "c")


class Ring(Room):
    """So many of whom each asks the next, and the last the first."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.took = -1.0
        """Seconds until the last one was refused."""
        ids = [f"r{n}" for n in range(size)]
        self.enter(*ids, act=self.ask_next, answer=lambda *given: self.ask_next(given[-1]))

    def ask_next(self, context: Context) -> Any:
        number, now = int(context.agent_id[1:]), SystemClock().now
        started = now()
        try:
            return context.ask(f"r{(number + 1) % self.size}", "?")
        except AskDeadlockError:
            if number == self.size - 1:
                self.took = now() - started
            raise


@pytest.mark.alone
def test_a_ring_of_two_hundred_is_refused_with_its_path_in_under_fifty_milliseconds() -> None:
    room = Ring(200)
    with pytest.raises(AskDeadlockError) as caught:
        room.call("r0")
    assert caught.value.path == ("r199", *(f"r{n}" for n in range(200)))
    assert 0 <= room.took < 0.05


@pytest.mark.parametrize("size", [interview.STACKED - 1, interview.STACKED, 4 * interview.STACKED])
def test_a_chain_that_is_no_ring_is_answered_however_long(size: int) -> None:
    def on(agent: Any, question: Any, sender: str, context: Context) -> Any:
        return context.ask(f"r{question + 1}", question + 1) if question < size else "the end"

    room = Room()
    room.enter(*(f"r{n}" for n in range(size + 1)), answer=on)
    assert room.ask("r0", 0) == "the end"


def test_past_the_deepest_nobody_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interview, "DEEPEST", 50)
    room = Ring(60)
    with pytest.raises(AskError, match="r50 asks r51, and 50 ask one another already"):
        room.call("r0")
