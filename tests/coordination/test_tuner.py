"""A tuner holds the time of an act: on noise, at its bounds, and when the load changes."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.levels import Level, levels_of
from antiphon.coordination.outcome import Outcome, Status
from antiphon.coordination.records.events import Events
from antiphon.coordination.records.progress import Silence
from antiphon.coordination.records.recording import Recording
from antiphon.coordination.rollout import Step
from antiphon.coordination.tuner import FIRST_WAIT, Tuner, TunerDecision, TunerSettings
from antiphon.coordination.tuning import Candidate, Group, Tuning, groups_of
from antiphon.models.experience import Experience
from antiphon.models.profile import PROFILES, Profile
from antiphon.tests.coordination.outcomes import all_acted, outcome_of
from hypothesis import given, settings
from hypothesis import strategies as st

ACCURATE = PROFILES["accurate"]
PLAN_MS = {1: 0.06, 2: 0.15, 3: 0.6, 4: 3.0}


class Plant:
    """Agents whose acts take a time that follows from how they think, with noise on it."""

    def __init__(self, tuner: Tuner, *, noise: float = 0.0, update_ms: float = 0.05) -> None:
        self.tuner = tuner
        self.noise = noise
        self.update_ms = update_ms
        self.load = 1.0
        self.round = 0
        self.levels: list[Level] = []
        """One for each round."""
        self.decisions: list[TunerDecision] = []
        self._rng = np.random.default_rng(7)

    def play(self, rounds: int) -> list[TunerDecision]:
        made: list[TunerDecision] = []
        for _ in range(rounds):
            self.round += 1
            profile = self.tuner.profile
            level = Level(profile.policy_length, profile.selective_update_interval)
            self.levels.append(level)
            made += self.tuner.add(self.round, self._act(level))
        self.decisions += made
        return made

    def _act(self, level: Level) -> float:
        updates = self.round % level.selective_update_interval == 0
        ms = self.load * (PLAN_MS[level.policy_length] + self.update_ms * updates)
        ms *= float(self._rng.lognormal(0, self.noise))
        # Now and then something else has the processor.
        if self.noise and self._rng.random() < 0.02:
            ms *= 30
        return ms / 1000


def plant(profile: Profile = ACCURATE, target_ms: float = 0.3, **how: Any) -> Plant:
    return Plant(Tuner("explorer", profile, target_ms), **how)


@pytest.mark.parametrize(
    ("profile", "target_ms", "settles_at"),
    [
        ("accurate", 0.30, Level(2, 1)),
        ("accurate", 0.12, Level(1, 1)),
        ("balanced", 0.12, Level(1, 1)),
        ("accurate", 0.09, Level(1, 2)),
        ("accurate", 0.80, Level(3, 1)),
        ("fast", 0.10, Level(1, 2)),
        ("realtime", 5.0, Level(1, 1)),
    ],
)
@pytest.mark.parametrize("noise", [0.0, 0.15])
def test_it_comes_to_rest_where_the_target_is_held(
    profile: str, target_ms: float, settles_at: Level, noise: float
) -> None:
    run = plant(PROFILES[profile], target_ms, noise=noise)
    run.play(1000)
    assert set(run.levels[300:]) == {settles_at}
    assert len(run.decisions) <= 6


def test_noise_inside_the_band_moves_nothing() -> None:
    run = plant(ACCURATE, 0.8, noise=0.3)
    assert run.play(20_000) == []


def test_a_target_between_two_levels_does_not_make_it_swing() -> None:
    # One level takes 0.65 ms, the next 0.2: too long, and less than half of the target.
    run = plant(ACCURATE, 0.45, noise=0.05)
    run.play(20_000)
    too_slow = sum(level.policy_length == 3 for level in run.levels)
    assert too_slow < 0.01 * len(run.levels)
    attempts = [d.round for d in run.decisions if d.after > d.before]
    waits = np.diff(attempts)
    assert len(attempts) <= 12
    # The longest wait is no longer doubled.
    assert all(later > 1.8 * earlier for earlier, later in itertools.pairwise(waits[:7]))


def test_a_step_that_saves_nothing_is_taken_back() -> None:
    run = plant(ACCURATE, 0.01, update_ms=0.0)
    run.play(4000)
    assert run.levels[-1].selective_update_interval <= 2
    skipped = sum(level != Level(1, 1) for level in run.levels[100:])
    assert skipped < 0.1 * len(run.levels)
    assert {d.why for d in run.decisions} == {"too slow", "less thought saved no time"}


def test_one_bad_window_after_a_step_does_not_take_it_back() -> None:
    run = plant(ACCURATE, 0.3)
    (decision,) = run.play(31)
    assert decision.after == 2
    run.load = 4.0  # for a window and the cycle before it, less thought seems to take longer
    assert run.play(11) == []
    run.load = 1.0
    assert run.play(200) == []
    assert run.levels[-1] == Level(2, 1)


def test_it_follows_a_load_that_rises_and_falls_again() -> None:
    run = plant(ACCURATE, 0.7)
    run.play(200)
    assert run.levels[-1] == Level(3, 1)
    run.load = 3.0
    run.play(200)
    assert run.levels[-1] == Level(2, 1)
    run.load = 1.0
    run.play(200)
    assert run.levels[-1] == Level(3, 1)


@given(
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 9),
    st.lists(st.floats(1e-6, 10.0), min_size=200, max_size=400),
)
@settings(max_examples=50)
def test_it_never_leaves_its_bounds_whatever_the_times(
    length: int, interval: int, most: int, times: list[float]
) -> None:
    profile = Profile(policy_length=length, selective_update_interval=interval)
    rules = TunerSettings(max_update_interval=most, cycles=1, patience=1)
    tuner = Tuner("g", profile, 5.0, rules)
    for round, seconds in enumerate(times):
        before = tuner.profile
        decisions = tuner.add(round, seconds)
        assert bool(decisions) is (tuner.profile != before)
        assert 1 <= tuner.profile.policy_length <= length
        assert 1 <= tuner.profile.selective_update_interval <= max(interval, most)
        same = dataclasses.replace(tuner.profile, policy_length=1, selective_update_interval=1)
        assert same == dataclasses.replace(profile, policy_length=1, selective_update_interval=1)


def test_levels_go_from_the_most_thoughtful_to_the_cheapest() -> None:
    profile = Profile(policy_length=3, selective_update_interval=2)
    assert levels_of(profile, 4) == [(3, 1), (3, 2), (2, 2), (1, 2), (1, 3), (1, 4)]
    assert levels_of(PROFILES["fast"], 1) == [(1, 1), (1, 2)]


def test_one_window_is_no_reason_yet_and_a_change_is_given_a_cycle_to_settle() -> None:
    rules = TunerSettings(cycles=2, patience=2)
    tuner = Tuner("g", ACCURATE, 1.0, rules)
    rounds = [bool(tuner.add(round, 0.1)) for round in range(1, 6)]
    # One cycle to settle, then two windows of two.
    assert rounds == [False, False, False, False, True]
    assert not tuner.add(6, 99.0)
    assert tuner.add(7, 0.002) == tuner.add(8, 0.0005) == ()


def test_a_cycle_is_judged_as_a_whole() -> None:
    # Each third act takes an update's time, and the mean is within the target.
    tuner = Tuner("g", Profile(selective_update_interval=3), 1.0)
    for round in range(3000):
        assert tuner.add(round, 0.0024 if round % 3 == 0 else 0.0001) == ()


def decide() -> TunerDecision:
    run = plant(ACCURATE, 0.3)
    (decision,) = run.play(100)
    return decision


def test_a_decision_says_what_changed_when_and_why() -> None:
    decision = decide()
    assert (decision.group, decision.key) == ("explorer", "policy_length")
    assert (decision.before, decision.after, decision.why) == (3, 2, "too slow")
    assert decision.latency_ms == pytest.approx(0.65)
    assert decision.target_ms == 0.3
    with pytest.raises(dataclasses.FrozenInstanceError):
        decision.after = 1  # type: ignore[misc]


def events_of(*decisions: TunerDecision) -> str:
    """Give the digest of a run of one step, in which somebody failed."""
    recording = Recording(timing=False, tables=None, progress=Silence())
    outcome = outcome_of(31, {"a": Status.TIMED_OUT})
    lived = Experience(31, None, None, 0, "timed_out", 0.0, terminated=False, truncated=False)
    recording.add(Step(1, 0, outcome, {"a": lived}, episode_over=False, retuned=decisions), 1)
    return recording.events.value


def test_the_events_of_a_step_hold_what_changed_after_it_and_no_times() -> None:
    decision = decide()
    events = Events()
    events.record("timed_out", 31, "a")
    assert events_of() == events.value
    events.record("retuned", 31, "explorer", "policy_length", 3, 2)
    assert events_of(decision) == events.value
    slower = dataclasses.replace(decision, latency_ms=9.0, target_ms=1.0, why="because")
    assert events_of(slower) == events.value
    assert events_of(dataclasses.replace(decision, after=1)) != events.value


def test_equal_times_make_equal_decisions() -> None:
    first, second = (plant(noise=0.2) for _ in range(2))
    assert first.play(2000) == second.play(2000)


@pytest.mark.parametrize("target_ms", [0.0, -1.0, float("nan"), float("inf")])
def test_a_target_is_a_positive_time(target_ms: float) -> None:
    with pytest.raises(ValueError, match="target_ms must be"):
        Tuner("g", ACCURATE, target_ms)


@pytest.mark.parametrize(
    ("key", "value"),
    [("tolerance", -0.1), ("slack", 0), ("slack", 1.0), ("cycles", 0), ("patience", 1.5)],
)
def test_settings_keep_their_rules(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{key} must be"):
        TunerSettings(**{key: value})


def test_a_level_that_was_no_good_is_left_alone_longer_and_longer() -> None:
    run = plant(ACCURATE, 0.45)
    run.play(8000)
    back = [d.round for d in run.decisions if d.why == "too slow with more thought"]
    window = TunerSettings().cycles
    assert np.diff(back)[0] >= FIRST_WAIT * window
    assert list(np.diff(back)) == sorted(np.diff(back))


def test_a_level_that_has_held_is_tried_again_as_if_it_had_never_failed() -> None:
    run = plant(ACCURATE, 0.45)
    run.play(8000)
    run.load = 0.5
    run.play(8000)
    assert run.levels[-1] == Level(3, 1)
    run.load = 1.0
    failures = [d.round for d in run.play(1000) if d.why == "too slow with more thought"]
    assert failures[1] - failures[0] < 2 * FIRST_WAIT * TunerSettings().cycles


QUICK = TunerSettings(cycles=1, patience=1)


def tuning(*groups: Group) -> Tuning:
    return Tuning(groups, QUICK)


def test_each_group_is_tuned_by_the_mean_act_of_its_own_members() -> None:
    tuned = tuning(
        Group("slow", ("a", "b"), ACCURATE, 1.0),
        Group("right", ("c",), ACCURATE, 1.0),
    )
    status = dict.fromkeys("abc", Status.ACTED)
    times = {"a": 0.001, "b": 0.003, "c": 0.0008}
    found = [r for k in range(2) for r in tuned.add(outcome_of(k, status, seconds=times))]
    (retuning,) = found
    assert retuning.agent_ids == ("a", "b")
    assert retuning.profile == dataclasses.replace(ACCURATE, policy_length=2)
    assert retuning.decisions[0].latency_ms == pytest.approx(2.0)


def test_a_member_without_an_answer_counts_with_the_whole_round() -> None:
    tuned = tuning(Group("g", ("a", "b"), ACCURATE, 1.0))
    status = {"a": Status.ACTED, "b": Status.TIMED_OUT}
    outcome = outcome_of(1, status, seconds=0.0001, elapsed=0.5)
    tuned.add(outcome)
    (retuning,) = tuned.add(outcome)
    assert retuning.decisions[0].latency_ms == pytest.approx(250.05)


@pytest.mark.parametrize(
    "outcome",
    [
        all_acted(1, "z", seconds=9.0),
        outcome_of(1, {"a": Status.ACTED}, timed=False),
        outcome_of(1, {"a": Status.DOWN}),
    ],
    ids=["not called", "no times kept", "down"],
)
def test_a_round_that_tells_nothing_of_a_group_decides_nothing(outcome: Outcome) -> None:
    # With no time at all to go by, this one would soon think more.
    tuned = tuning(Group("g", ("a",), PROFILES["realtime"], 0.001))
    assert [tuned.add(outcome) for _ in range(9)] == [[]] * 9


def test_agents_of_one_type_profile_and_target_are_one_group() -> None:
    fast, other = PROFILES["fast"], dataclasses.replace(PROFILES["fast"], gamma=1.0)
    groups = groups_of(
        [
            Candidate("a", "Explorer", fast, 5.0),
            Candidate("b", "Explorer", other, 5.0),
            Candidate("c", "Hunter", fast, 5.0),
            Candidate("d", "Explorer", fast, None),
            Candidate("e", "Explorer", fast, 5.0),
            Candidate("f", "Explorer", fast, 9.0),
        ]
    )
    assert [(group.name, group.agent_ids) for group in groups] == [
        ("Explorer/fast", ("a", "e")),
        ("Explorer/fast-2", ("b",)),
        ("Hunter/fast", ("c",)),
        ("Explorer/fast-4", ("f",)),
    ]
    assert groups[1].profile == other
