"""Learning from experiences that are remembered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError, ObservationError
from antiphon.models.experience import Experience
from antiphon.models.factored.model import FactoredModel
from antiphon.models.generative import GenerativeModel
from antiphon.models.learning.concentrations import Concentrations
from antiphon.models.learning.parameters import Parameters, Rules
from antiphon.models.learning.replay import Night, Taught, Trail
from antiphon.tests.models.learning.cases import ALL, EVERY, rules_of

N = 4
SIGHT = 0.97 * np.eye(N) + 0.03 / N
TURNS = np.stack([np.roll(np.eye(N), k, axis=0) for k in (0, 1)], axis=2)
BLURRED = GenerativeModel(SIGHT / SIGHT.sum(axis=0), 0.5 * TURNS + 0.5 / N, D=np.full(N, 1 / N))


def lived(seed: int, n: int, *, first: int = 0) -> list[Experience]:
    """Wander for a while where moves are sure and sight is not, in episodes of ten steps."""
    rng, state, experiences = np.random.default_rng(seed), 0, []
    for round in range(first, first + n):
        seen, action = int(rng.choice(N, p=BLURRED.A[0][:, state])), int(rng.integers(2))
        last = round % 10 == 9
        experiences.append(Experience(round, seen, action, action, "acted", 0.0, last, False))
        state = 0 if last else int(TURNS[:, state, action].argmax())
    return experiences


def replay(
    shared: Concentrations,
    experiences: Iterable[Experience],
    *,
    state: dict[str, Any] | None = None,
    trail: Trail | None = None,
    rules: Rules | None = None,
    agent_id: str | None = None,
) -> Taught:
    night = Night(shared, state=state, trail=trail, rules=rules, agent_id=agent_id)
    for experience in experiences:
        night.live(experience)
    return night.taught


@pytest.mark.parametrize("name", EVERY)
def test_a_night_brings_the_model_nearer_to_the_truth(name: str) -> None:
    shared = Concentrations(BLURRED, ALL)
    night = replay(shared, lived(1, 200), rules=rules_of(name))
    own = Parameters(shared, 1, rules_of(name))
    own.begin(0)
    own.add(0, night.gains)
    assert np.abs(own.B(0)[0] - TURNS).mean() < 0.6 * np.abs(BLURRED.B - TURNS).mean()
    assert own.D(0)[0].argmax() == 0
    assert own.D(0)[0][0] > 0.6
    assert sum(gain.sum() for gain in night.gains.values()) == pytest.approx(200 + 180 + 20)


def test_what_is_given_does_not_change_and_the_gains_add_up_beside_other_learning() -> None:
    shared = Concentrations(BLURRED, ALL)
    own = Parameters(shared, 1, rules_of("numpy"))
    own.begin(0)
    state = own.get_state(0)
    kept = {name: np.copy(value) for name, value in state.items()}
    night = replay(shared, lived(2, 30), state=state)
    for name, value in kept.items():
        assert np.array_equal(state[name], value)
    own.add(0, night.gains)
    own.add(0, night.gains)
    assert np.allclose(own.counts_A[0], shared.A + 2 * night.gains["pA"])
    assert own.fresh[0].tolist() == [False, False, False]
    with pytest.raises(ModelError, match="gains"):
        own.add(0, {**night.gains, "pA": -100.0 * np.ones(N * N)})
    assert np.allclose(own.counts_A[0], shared.A + 2 * night.gains["pA"])


@pytest.mark.parametrize("cut", [1, 9, 10, 13, 24])
def test_two_ranges_one_after_another_teach_what_they_would_together(cut: int) -> None:
    shared, whole = Concentrations(BLURRED, ALL), lived(3, 25)
    together = replay(shared, whole)
    first = replay(shared, whole[:cut])
    second = replay(shared, whole[cut:], trail=first.trail)
    for name, gains in together.gains.items():
        assert np.allclose(first.gains[name] + second.gains[name], gains, atol=1e-12), name
    assert np.allclose(second.trail.before, together.trail.before)


def test_a_range_that_does_not_follow_at_once_begins_with_a_gap() -> None:
    shared, whole = Concentrations(BLURRED, ALL), lived(3, 9)
    first = replay(shared, whole[:4])
    later = replay(shared, whole[5:], trail=first.trail)
    assert later.gains["pB"].sum() == pytest.approx(3)
    assert later.gains["pD"].sum() == 0


def test_an_experience_that_does_not_fit_is_as_if_it_were_missing() -> None:
    shared, whole = Concentrations(BLURRED, ALL), lived(4, 9)
    night = Night(shared, agent_id="a")
    for number, one in enumerate(whole):
        if number == 4:
            with pytest.raises(ObservationError, match="agent 'a'"):
                night.live(one._replace(executed="left"))
        else:
            night.live(one)
    missing = replay(shared, whole[:4] + whole[5:])
    for name, gains in missing.gains.items():
        assert np.array_equal(night.taught.gains[name], gains)


def test_gaps_teach_neither_moves_nor_starts() -> None:
    shared = Concentrations(BLURRED, ALL)
    rounds = [0, 1, 5, 6]
    experiences = [Experience(r, 0, 1, 1, "acted", 0.0, False, False) for r in rounds]
    gains = replay(shared, experiences).gains
    assert gains["pA"].sum() == pytest.approx(4)
    assert gains["pB"].sum() == pytest.approx(2)
    assert gains["pD"].sum() == pytest.approx(1)


def test_a_step_in_which_nothing_was_done_teaches_no_move() -> None:
    shared = Concentrations(BLURRED, ALL)
    idle = [Experience(r, 0, None, None, "timed_out", None, False, False) for r in range(3)]
    night = replay(shared, idle)
    assert night.gains["pB"].sum() == 0
    assert night.gains["pA"].sum() == pytest.approx(3)


def test_what_does_not_fit_is_refused_by_agent() -> None:
    shared = Concentrations(BLURRED, ALL)
    strange = Experience(0, 9, 0, 0, "acted", 0.0, False, False)
    with pytest.raises(ObservationError, match="agent 'a'"):
        replay(shared, [strange], agent_id="a")
    with pytest.raises(ObservationError, match="executed"):
        replay(shared, [strange._replace(observation=0, executed=7)], agent_id="a")
    pair = FactoredModel([np.full((2, 2, 2), 0.5)], [np.eye(2)[:, :, None]] * 2)
    with pytest.raises(ModelError, match="one factor"):
        replay(Concentrations(pair, ALL), [], agent_id="a")
