"""What nobody hears: it is counted by reason, said once, and kept for nobody who is gone."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from antiphon.actors.mail.dead_letters import DeadLetter
from antiphon.actors.mail.dead_letters import Reason as Died
from antiphon.clock import ManualClock
from antiphon.errors import AskTimeoutError
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE
from antiphon.tests.society.talking_cast import (
    THREADS,
    Act,
    Speaker,
    counted,
    in_round,
    quiet,
    step,
)

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
on_threads = pytest.mark.parametrize("dispatcher", THREADS)


class Deaf(Agent):
    """Hears nothing."""

    def act(self, observation: Any, context: Context) -> int:
        return 0


class Dull(Deaf):
    """Hears nothing, either."""


def dead(society: Society) -> list[DeadLetter]:
    assert society._stage is not None
    return list(society._stage.ensemble._setup.dead_letters.last())


def babbles(context: Context) -> int:
    for n in range(3):
        context.broadcast(n)
    return 0


@everywhere
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
def test_what_the_deaf_are_told_is_said_once_a_round_for_each_kind_and_counted(
    delivery: str, dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Society(dispatcher=dispatcher, timeout=FUSE, delivery=delivery) as society:
        society.add(Deaf, 4)
        society.add(Dull, 3)
        society.add(Speaker, ids=["babbler"], act=in_round({1: babbles, 2: babbles}))
        for _ in range(3):
            step(society)
        assert society.health().kernel.dead_letters == {"undeliverable": 2 * 7 * 3}
        letter = dead(society)[-1]
        assert (letter.reason, letter.sender) == (Died.UNDELIVERABLE, "babbler")
        assert not society.health().kernel.failures
    said = [line for line in caplog.text.splitlines() if "message.unheard" in line]
    assert [sum(f"kind={kind}" in line for line in said) for kind in ("Deaf", "Dull")] == [2, 2]
    assert "actor.failed" not in caplog.text


def crashes(context: Context) -> int:
    raise ValueError("no")


@everywhere
def test_nothing_is_kept_for_one_that_is_out_for_good(dispatcher: str) -> None:
    def talk(context: Context) -> None:
        context.tell("b", context.round)
        context.broadcast(context.round)

    acts: dict[str, Act] = {
        "a": in_round(dict.fromkeys(range(1, 9), talk)),
        "b": in_round({3: crashes}),
    }
    with Society(dispatcher=dispatcher, timeout=FUSE, on_crash="stop") as society:
        for agent_id, act in acts.items():
            society.add(Speaker, ids=[agent_id], act=act)
        for _ in range(3):
            step(society)
        society.tell("b", "are you there?")
        for _ in range(5):
            step(society)
        statistics = counted(society)
        assert statistics.held == 0
        # What was told in round 3 to 7, and from outside; a broadcast is for those who are left.
        assert statistics.exchange.dead == {Died.GONE: 6}
        assert society._stage is not None
        absences = society._stage.ensemble._conductor._absences
        assert "b" not in absences._missed


@on_threads
def test_what_waits_for_one_that_is_stopped_goes_with_it(
    dispatcher: str, let_go: threading.Event
) -> None:
    def hang(context: Context) -> None:
        assert let_go.wait(FUSE)

    acts: dict[str, Act] = {"a": in_round({3: crashes}), "b": in_round({1: hang})}
    rules: dict[str, Any] = {"on_crash": "stop", "together": [["a", "b"]]}
    with Society(dispatcher=dispatcher, timeout=FUSE, **rules) as society:
        for agent_id, act in acts.items():
            society.add(Speaker, ids=[agent_id], act=act)
        step(society, timeout=0.2)
        society.tell("b", "hello")
        step(society)
        assert counted(society).held == 1
        step(society)
        assert (counted(society).held, counted(society).forgotten) == (0, 1)
        assert society._stage is not None
        absences = society._stage.ensemble._conductor._absences
        assert not absences._missed
        let_go.set()
        step(society)
        assert not absences._missed
        assert counted(society).held == 0


@on_threads
def test_an_answer_that_comes_late_is_one_late_dead_letter(
    dispatcher: str, let_go: threading.Event
) -> None:
    def hang(context: Context) -> None:
        assert let_go.wait(FUSE)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Speaker, ids=["a"], act=quiet)
        society.add(Speaker, ids=["b"], act=in_round({1: hang}))
        step(society, timeout=0.2)
        assert dead(society) == []
        let_go.set()
        society.ask("b", "heard", timeout=FUSE)
        counted_late = sum(step(society).late for _ in range(3))
        (letter,) = dead(society)
        assert (letter.reason, letter.sender, counted_late) == (Died.LATE, "b", 1)


def test_one_that_took_its_time_is_a_late_dead_letter_too() -> None:
    clock = ManualClock()
    with Society(dispatcher="inline", timeout=1.0, clock=clock) as society:
        society.add(Speaker, ids=["a"], act=lambda context: clock.advance(2.0))
        society.add(Speaker, ids=["b"], act=quiet)
        assert step(society).late == 1
        assert [(letter.reason, letter.sender) for letter in dead(society)] == [(Died.LATE, "a")]


@on_threads
def test_a_question_that_is_read_too_late_is_not_answered_and_is_counted(
    dispatcher: str, let_go: threading.Event
) -> None:
    answered: list[Any] = []

    class Slow(Speaker):
        def answer(self, question: Any, sender: str, context: Context) -> Any:
            answered.append(question)
            return question

    def hang(context: Context) -> None:
        assert let_go.wait(FUSE)

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        society.add(Slow, ids=["a"], act=in_round({1: hang}))
        step(society, timeout=0.1)
        with pytest.raises(AskTimeoutError):
            society.ask("a", "in vain", timeout=0.05)
        let_go.set()
        assert society.ask("a", "in time", timeout=FUSE) == "in time"
        assert answered == ["in time"]
        assert society.health().kernel.dead_letters["expired"] == 1
