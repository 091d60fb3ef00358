"""What is kept of an agent stays as it was, and what is built from it goes on from there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.actors.care.snapshots import Snapshots, Stateful
from antiphon.errors import RestartError, StateError
from antiphon.models.agent import Agent, Context


class Counting(Agent):
    """Keeps a list and an array, and goes on writing into both; learns across episodes."""

    def __init__(self) -> None:
        self.done: list[Any] = ["made"]
        self.counts = np.zeros(2)

    def reset(self, seed: int | None = None) -> None:
        self.done.append(seed)

    def act(self, observation: Any, context: Context) -> Any:
        self.done.append(observation)
        self.counts += 1
        return 0

    def get_state(self) -> Any:
        return {"done": self.done, "counts": self.counts}

    def set_state(self, state: Any) -> None:
        self.done, self.counts = state["done"], state["counts"]
        self.done.append("set")


class Forgetful(Agent):
    def __init__(self) -> None:
        self.seeds: list[int | None] = []

    def reset(self, seed: int | None = None) -> None:
        self.seeds.append(seed)

    def act(self, observation: Any, context: Context) -> Any:
        return 0


def seed_of(episode: int) -> int:
    return 100 + episode


def taken(*, episode: int = 0) -> tuple[Snapshots, Counting]:
    snapshots, agent = Snapshots("a-1", 10), Counting()
    agent.act("seen", Context())
    snapshots.take(agent, round=10, episode=episode)
    return snapshots, agent


def test_what_the_agent_does_later_does_not_reach_its_snapshot() -> None:
    snapshots, agent = taken()
    agent.act("later", Context())
    revived: Any = snapshots.revive(Counting, seed_of, 0)
    assert revived.done == ["made", "seen", "set"]
    assert revived.counts.tolist() == [1, 1]


def test_it_can_be_built_from_twice() -> None:
    snapshots, _ = taken()
    first: Any = snapshots.revive(Counting, seed_of, 0)
    first.act("later", Context())
    second: Any = snapshots.revive(Counting, seed_of, 0)
    assert second.done == ["made", "seen", "set"]
    assert second.counts.tolist() == [1, 1]
    assert second is not first


def test_without_a_snapshot_it_begins_the_present_episode() -> None:
    revived: Any = Snapshots("a-1", 10).revive(Forgetful, seed_of, 3)
    assert revived.seeds == [103]


def test_an_agent_is_reset_before_its_state_is_put_back() -> None:
    calls: list[Any] = []

    class Witness(Counting):
        def reset(self, seed: int | None = None) -> None:
            calls.append(seed)

        def set_state(self, state: Any) -> None:
            calls.append("set")

    snapshots, _ = taken(episode=2)
    snapshots.revive(Witness, seed_of, 2)
    assert calls == [102, "set"]
    calls.clear()
    # What was learned is kept, and what belonged to the old episode is dropped, by its own
    # reset and not by ours.
    snapshots.revive(Witness, seed_of, 5)
    assert calls == [102, "set", 105]


def test_snapshots_are_due_at_whole_multiples_of_the_interval() -> None:
    snapshots, agent = Snapshots("a-1", 10), Counting()
    rounds = []
    for round in [*range(1, 13), 27, 28, 29, 30, 31]:
        if round >= snapshots.due:
            snapshots.take(agent, round=round, episode=0)
            rounds.append(round)
    assert rounds == [10, 27, 30]
    assert snapshots.last is not None
    assert snapshots.last.round == 30


class Mute(Counting):
    def get_state(self) -> Any:
        raise ValueError("not now")


class Opaque(Counting):
    def get_state(self) -> Any:
        return {"done": [object()]}


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (Mute(), "agent 'a-1': get_state raised ValueError: not now"),
        (Opaque(), "agent 'a-1': state['done'][0] must be a JSON value or an array, got object"),
    ],
    ids=["raises", "gives what is no state"],
)
def test_a_state_that_cannot_be_taken_is_an_error_and_the_last_one_stays(
    agent: Stateful, said: str
) -> None:
    snapshots, _ = taken()
    before = snapshots.last
    with pytest.raises(StateError) as caught:
        snapshots.take(agent, round=20, episode=0)
    assert str(caught.value) == said
    assert snapshots.last is before
    # Else it would be tried again, and fail, in every round.
    assert snapshots.due == 30


def test_what_get_state_raised_is_chained() -> None:
    with pytest.raises(StateError) as caught:
        Snapshots("a-1", 1).take(Mute(), round=1, episode=0)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("step", ["create", "reset", "set_state"])
def test_an_agent_that_cannot_be_built_anew_is_an_error_that_names_the_step(step: str) -> None:
    def fail(*_: Any) -> Any:
        raise ValueError("no")

    def create() -> Agent:
        agent = Counting()
        setattr(agent, step, fail)
        return agent

    snapshots, _ = taken()
    with pytest.raises(RestartError) as caught:
        snapshots.revive(fail if step == "create" else create, seed_of, 0)
    assert str(caught.value) == f"agent a-1 could not be restarted: {step} raised ValueError: no"
    assert (caught.value.agent_id, caught.value.step) == ("a-1", step)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_agent_has_a_state_if_it_can_both_give_and_take_it() -> None:
    class Giver(Forgetful):
        def get_state(self) -> Any:
            return {}

    assert isinstance(Counting(), Stateful)
    assert not isinstance(Forgetful(), Stateful)
    assert not isinstance(Giver(), Stateful)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="interval must be >= 1 rounds, got 0"):
        Snapshots("a-1", 0)
