"""Counting outcomes in arrays gives what counting them one by one gives."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from collections.abc import Sequence

import pytest
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.vitals.tally import AgentTally, Tally
from antiphon.tests.coordination.outcomes import all_acted, outcome_of
from hypothesis import given
from hypothesis import strategies as st

IDS = ["a", "b", "c", "d", "e"]


class OneByOne:
    """The plainest way to count: an object for each agent, looked at in each round."""

    def __init__(self) -> None:
        self.agents: dict[str, AgentTally] = {}
        self.missed: dict[str, Counter[Status]] = {}

    def add(self, outcome: Outcome, rewards: Sequence[float]) -> None:
        for (agent_id, status), reward in zip(outcome.status.items(), rewards, strict=True):
            before = self.agents.get(agent_id, AgentTally())
            missed = self.missed.setdefault(agent_id, Counter())
            if status is not Status.ACTED:
                missed[status] += 1
            spent = outcome.act_seconds.get(agent_id, 0.0)
            if outcome.act_seconds and status in (Status.TIMED_OUT, Status.BUSY):
                spent = outcome.elapsed
            error = outcome.errors.get(agent_id)
            self.agents[agent_id] = AgentTally(
                rounds=before.rounds + 1,
                reward=before.reward + reward,
                seconds=before.seconds + spent,
                missed=dict(missed),
                last_error=f"ValueError: {error}" if error else before.last_error,
            )


members = st.lists(st.sampled_from(IDS), min_size=1, unique=True)
# Most rounds are whole, and those go another way.
statuses = st.one_of(st.just(Status.ACTED), st.sampled_from(list(Status)))


@st.composite
def rounds(draw: st.DrawFn) -> list[tuple[Outcome, list[float]]]:
    played = []
    for number in range(draw(st.integers(1, 12))):
        status = {agent_id: draw(statuses) for agent_id in draw(members)}
        times = {i: draw(st.floats(1e-7, 1.0)) for i in status}
        failed = [i for i, how in status.items() if how in (Status.CRASHED, Status.REJECTED)]
        errors = {i: ValueError(f"{i} in {number}") for i in failed}
        rewards = [draw(st.floats(-1, 1)) for _ in status]
        played.append((outcome_of(number, status, seconds=times, errors=errors), rewards))
    return played


@given(rounds())
def test_arrays_count_as_objects_do_to_the_last_bit(
    played: list[tuple[Outcome, list[float]]],
) -> None:
    tally, plain = Tally(), OneByOne()
    for outcome, rewards in played:
        tally.add(outcome)
        tally.add_rewards(outcome, rewards)
        if outcome.act_seconds:
            assert tally.add_times(outcome) == sum(outcome.act_seconds.values())
        plain.add(outcome, rewards)
    assert {i: tally.of(i) for i in tally.ids} == plain.agents
    assert tally.rewards.tolist() == [plain.agents[i].reward for i in tally.ids]
    assert tally.rounds.tolist() == [plain.agents[i].rounds for i in tally.ids]
    assert tally.seconds.tolist() == [plain.agents[i].seconds for i in tally.ids]
    assert tally.missed().tolist() == [plain.missed[i].total() for i in tally.ids]
    busy = [plain.missed[i][Status.BUSY] for i in tally.ids]
    assert tally.missed([Status.BUSY]).tolist() == busy


def test_an_agent_that_was_never_called_has_zeros() -> None:
    tally = Tally()
    tally.add(all_acted(1, "a"))
    assert tally.of("b") == AgentTally()
    assert tally.row_of("b") is None
    assert len(tally) == 1


def test_whole_numbers_stay_whole_and_fading_halves_everything() -> None:
    tally = Tally()
    tally.add(outcome_of(1, {"a": Status.ACTED, "b": Status.TIMED_OUT}))
    tally.add(all_acted(2, "a", "b"))
    assert repr(tally.of("b").rounds) == "2"
    tally.fade()
    faded = tally.of("b")
    assert (faded.rounds, faded.missed) == (1, {Status.TIMED_OUT: 0.5})


def test_what_is_handed_out_is_a_copy() -> None:
    tally = Tally()
    tally.add(all_acted(1, "a"))
    tally.rounds[0] = 99
    assert tally.of("a").rounds == 1


def test_memory_does_not_grow_with_the_rounds() -> None:
    def play(first: int, rounds: int) -> None:
        for number in range(first, first + rounds):
            status = {i: Status.CRASHED if i == "b" else Status.ACTED for i in IDS}
            outcome = outcome_of(number, status, errors={"b": ValueError(f"in {number:6}")})
            tally.add(outcome)
            tally.add_times(outcome)

    tally = Tally()
    play(0, 100)
    gc.collect()
    tracemalloc.start()
    play(100, 2000)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 5_000


@pytest.mark.parametrize("text", ["x" * 10_000, "\x1b[2J\nred\r\nalert" + " " * 5000])
def test_an_error_is_kept_as_one_short_printable_line(text: str) -> None:
    tally = Tally()
    outcome = outcome_of(1, {"a": Status.CRASHED}, errors={"a": ValueError(text)})
    tally.add(outcome)
    kept = tally.of("a").last_error
    assert kept.startswith("ValueError: ")
    assert kept.isprintable()
    assert len(kept) <= 500


def test_the_same_agents_in_another_order_are_still_the_same_agents() -> None:
    tally = Tally()
    first = outcome_of(1, {"a": Status.ACTED, "b": Status.ACTED})
    second = outcome_of(2, {"b": Status.ACTED, "a": Status.ACTED})
    for outcome, rewards in ((first, [1.0, 2.0]), (second, [20.0, 10.0])):
        tally.add(outcome)
        tally.add_rewards(outcome, rewards)
    assert {i: tally.of(i).reward for i in ("a", "b")} == {"a": 11.0, "b": 22.0}
