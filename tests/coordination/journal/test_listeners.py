"""Runs to which somebody outside listened are resumed and verified with what they heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from antiphon.coordination.journal.origin import World
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.coordination.journal.cast import RING, Diary, Gossip, founded, resumed
from antiphon.tests.society.cast import DISPATCHERS, Witness

SHORT = World(RING, {"length": 9})


class Listens(Witness):
    """Listens outside after some rounds, and stops listening."""

    society: Society

    def advance(self, done: int, step: Any) -> None:
        super().advance(done, step)
        if done == 4:
            self.society.unsubscribe("nobody/hears")
            self.society.subscribe("nobody/hears")
            self.society.publish("nobody/listens", done)
            self.society.subscribe("news/0")
            self.society.subscribe("news/0")
            self.society.broadcast("again")
        if done == 8:
            self.society.unsubscribe("news/*")
        if done == 15:
            self.society.subscribe("**")


def heard_in(witness: Witness) -> int:
    return sum(len(step.outcome.said_to_outside) for step in witness.steps)


def played(steps: int, out: Path, kind: Any = Gossip, **settings: Any) -> tuple[Any, Listens]:
    with founded(SHORT, kind, **settings) as society:
        listens = Listens()
        listens.society = society
        society.subscribe("news/*")
        return society.run(steps, out=out, progress=listens), listens


@pytest.mark.parametrize(
    ("broken_at", "dispatcher"),
    [(6, "threaded"), *((19, one) for one in [*DISPATCHERS, "simulated"])],
)
def test_what_was_heard_outside_is_heard_again(
    tmp_path: Path, broken_at: int, dispatcher: str
) -> None:
    run, listens = played(24, tmp_path / "whole", dispatcher=dispatcher)
    assert heard_in(listens) > 5
    Society.verify(tmp_path / "whole")
    played(broken_at, tmp_path / "r", dispatcher=dispatcher)
    if broken_at > 15:
        again = resumed(tmp_path / "r", 24)
        assert (again.trace, again.events) == (run.trace, run.events)
    else:
        # What it would have listened to afterwards is the outside world's to say again.
        resumed(tmp_path / "r", 24)
    Society.verify(tmp_path / "r")


class Quiet(Diary):
    """Publishes from the round on in which a state could be gone on from."""

    def act(self, observation: Any, context: Context) -> Any:
        if context.round > 12:
            context.publish("news/late", self.sum)
        return super().act(observation, context)


def test_who_listens_though_nobody_speaks_yet_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_STATE_INTERVAL", "5")

    def run(steps: int, out: Path) -> Any:
        with founded(SHORT, Quiet) as society:
            society.subscribe("news/*")
            return society.run(steps, out=out)

    whole = run(16, tmp_path / "whole")
    run(12, tmp_path / "r")
    listens = Witness()
    with Society.resume(tmp_path / "r") as society:
        again = society.run(16, progress=listens)
    assert (again.trace, again.events) == (whole.trace, whole.events)
    assert heard_in(listens) == 3 * 3
