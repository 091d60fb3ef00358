"""Agents of one model that are answered in one call: what each is told, whoever else is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ObservationError
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.crowds.explorer_crowd import ExplorerCrowd
from antiphon.models.experience import Experience, OneStepEach
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_map import GridMap
from antiphon.models.kernels.compiled import Compiled
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.models.profile import Profile
from antiphon.models.terrain import Terrain
from antiphon.tests.models.crowds.cast import (
    COMPILED,
    MODEL,
    RING,
    SEEN,
    TERRAIN,
    TERRAIN_COMPILED,
    explorer_crowd,
    grid_views,
    lived,
    names,
    pasts,
    ring_crowd,
    ring_views,
    sit,
    state_of,
)
from antiphon.tests.models.kernels.cases import EVERY_KERNEL, kernel_of, random_profile
from antiphon.tests.models.plain import Engine, Mind
from hypothesis import given, settings
from hypothesis import strategies as st


class Slow(NumpyKernel):
    """A kernel that compiles for each model, and writes down for which."""

    def __init__(self) -> None:
        self.prepared: list[Compiled] = []

    def prepare_for(self, compiled: Compiled) -> None:
        self.prepared.append(compiled)


CROWDS = [(ring_crowd, ring_views, 3), (explorer_crowd, grid_views, 5)]


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", CROWDS, ids=["ring", "explorers"])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 20), calls=st.integers(1, 5))
def test_early_late_or_alone_an_agent_has_the_same_bits(
    name: str, kind: Any, seed: int, n: int, calls: int
) -> None:
    (make, views, n_actions), rng = kind, np.random.default_rng(seed)
    rounds = [(views(rng, n), pasts(rng, n, n_actions)) for _ in range(3)]

    def play(parts: list[list[Any]]) -> Any:
        crowd = make(name)
        seats, actions = sit(crowd, n), []
        for (seen, past), order in zip(rounds, parts, strict=True):
            given: list[Any] = [None] * n
            for part in order:
                of = [[values[k] for k in part] for values in (seats, seen, past, names(n))]
                for k, action in zip(part, crowd.act(*of), strict=True):
                    given[k] = action
            actions.append(given)
        return actions, [state_of(seat) for seat in seats]

    def shuffled() -> list[Any]:
        ends = np.sort(rng.integers(0, n + 1, size=calls - 1))
        return [part for part in np.split(rng.permutation(n), ends) if len(part)]

    alone = play([[[k] for k in range(n)]] * 3)
    assert play([[list(range(n))]] * 3) == alone
    assert play([shuffled() for _ in rounds]) == alone


@pytest.mark.parametrize("name", EVERY_KERNEL)
@pytest.mark.parametrize("kind", CROWDS, ids=["ring", "explorers"])
def test_who_acts_by_itself_has_the_bits_of_those_in_company(name: str, kind: Any) -> None:
    (make, views, n_actions), rng = kind, np.random.default_rng(8)
    together, alone = make(name), make(name)
    company, single = sit(together, 4), sit(alone, 4)
    for turn in range(40):
        seen = views(rng, 4)
        # Now and then more than one move, or none, between those that see one and move once.
        if turn % 4:
            past = [[lived(int(rng.integers(n_actions)))] for _ in range(4)]
        else:
            past = pasts(rng, 4, n_actions)
        ids = names(4)
        actions = [alone.answer(*one) for one in zip(single, seen, past, ids, strict=True)]
        assert actions == together.act(company, seen, past, ids)
        assert [state_of(seat) for seat in single] == [state_of(seat) for seat in company]


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_a_call_answers_for_agents_on_several_pages(name: str) -> None:
    n, rng = 100, np.random.default_rng(1)
    seen, past = ring_views(rng, n), pasts(rng, n, 3)
    together, alone = ring_crowd(name), ring_crowd(name)
    ours, theirs = sit(together, n), sit(alone, n)
    order = rng.permutation(n)
    of = [[values[k] for k in order] for values in (ours, seen, past, names(n))]
    assert len({id(seat.rows) for seat in ours}) == 3
    actions = dict(zip(order.tolist(), together.act(*of), strict=True))
    for k in range(n):
        (action,) = alone.act([theirs[k]], [seen[k]], [past[k]], ["a"])
        assert actions[k] == action
        assert state_of(ours[k]) == state_of(theirs[k])


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_each_is_told_what_an_agent_that_thinks_by_itself_would_do(name: str) -> None:
    n, rng = 9, np.random.default_rng(5)
    crowd, engine = ring_crowd(name), Engine(MODEL, 1)
    profiles = [random_profile(rng, 1) for _ in range(n)]
    seats = [crowd.take(profile, seed) for seed, profile in enumerate(profiles)]
    minds = [Mind(engine, profile, seed) for seed, profile in enumerate(profiles)]
    before: list[Any] = [[]] * n
    for step in range(50):
        seen = ring_views(rng, n)
        actions = crowd.act(seats, seen, before, names(n))
        for mind, outcome, past, action in zip(minds, seen, before, actions, strict=True):
            mind.move([one.executed for one in past])
            mind.see([outcome])
            assert mind.choose() == action
        for mind, seat in zip(minds, seats, strict=True):
            assert np.abs(mind.beliefs - seat.beliefs).max() <= 1e-12
            taken_in = mind.profile.selective_update_interval
            assert (seat.surprise is None) is (mind.surprise is None) is bool(step % taken_in)
            assert mind.surprise is None or abs(mind.surprise - (seat.surprise or 0)) < 1e-9
        before = [[lived(action)] for action in actions]


def test_what_a_model_needs_is_compiled_before_anybody_acts() -> None:
    kernel = Slow()
    Crowd(COMPILED, kernel)
    ExplorerCrowd(TERRAIN, TERRAIN_COMPILED, kernel)
    assert kernel.prepared == [COMPILED, TERRAIN_COMPILED]


def test_actions_are_plain_whole_numbers() -> None:
    crowd = ring_crowd()
    assert {type(a) for a in crowd.act(sit(crowd, 3), [0, 1, 2], [[]] * 3, names(3))} == {int}


def test_each_hears_its_own_action_and_beliefs_move_on() -> None:
    crowd = ring_crowd()
    greedy = Profile(gamma=8, action_selection="deterministic")
    seats = [crowd.take(greedy), crowd.take(greedy)]
    # One goes forth to 1, so forth again to 2; the other back to 3, so back again to 2.
    actions = crowd.act(seats, [1, 3], [[lived(0)], [lived(1)]], ["a", "b"])
    assert actions == [0, 1]
    assert [seat.beliefs.argmax() for seat in seats] == [1, 3]


def test_news_that_say_only_what_was_done_tell_the_same() -> None:
    def play(pasts: Any) -> Any:
        crowd = ring_crowd()
        seats = sit(crowd, 3)
        given = crowd.act(seats, [1, 1, 1], pasts, ["a", "b", "c"])
        return given, [state_of(seat) for seat in seats]

    def nobody_asks(place: int) -> Experience:
        raise AssertionError(f"an experience was made for {place}")

    pasts = [[lived(0)], [lived(2)], [lived(1)]]
    assert play(OneStepEach([0, 2, 1], nobody_asks)) == play(pasts)
    # One that does not fit is looked at, and so is what it belongs to.
    results, _ = play(OneStepEach([0, True, 1], lambda place: lived([0, True, 1][place])))
    assert [type(result) for result in results] == [int, ObservationError, int]


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_observations_of_every_common_form_are_the_same(name: str) -> None:
    two = GenerativeModel.deterministic([SEEN, SEEN], RING)
    forms: list[Any] = [np.array([1, 3]), np.array([1, 3], np.uint8), [1, 3], (np.int64(1), 3)]
    forms.append(np.arange(6)[1:5:2])

    def play(shown: list[Any]) -> Any:
        crowd = Crowd(Compiled.of(two, 1), kernel_of(name))
        seats = [crowd.take(Profile(), 1) for _ in shown]
        actions = crowd.act(seats, shown, [[]] * len(shown), names(len(shown)))
        return {(action, state_of(seat)) for action, seat in zip(actions, seats, strict=True)}

    kinds = [play([form] * 3) for form in forms]
    assert all(kind == kinds[0] for kind in kinds)
    assert play(forms) == kinds[0]  # one of each
    assert len(kinds[0]) == 1


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_those_who_were_retuned_think_otherwise_and_the_others_as_before(name: str) -> None:
    def play(profile: Profile | None) -> Any:
        crowd = ring_crowd(name)
        seats = [crowd.take(Profile(gamma=1), seed) for seed in range(3)]
        crowd.act(seats, [0, 1, 2], [[]] * 3, names(3))
        if profile is not None:
            seats[1].retune(profile)
        actions = [crowd.act(seats, [k % 4] * 3, [[lived(k % 3)]] * 3, names(3)) for k in range(30)]
        return np.array(actions).T.tolist(), [state_of(seat) for seat in seats]

    steady, kept = play(None)
    retuned, states = play(Profile(gamma=0, selective_update_interval=9))
    assert (retuned[0], retuned[2]) == (steady[0], steady[2])
    assert (states[0], states[2]) == (kept[0], kept[2])
    assert retuned[1] != steady[1]
    assert states[1] != kept[1]


def test_to_plan_changes_nothing_and_gives_arrays_of_ones_own() -> None:
    crowd = ring_crowd()
    seats = sit(crowd, 2)
    before = [state_of(seat) for seat in seats]
    plan = crowd.plan(seats[1])
    for array in plan:
        array.fill(0.0)
    assert [state_of(seat) for seat in seats] == before
    wanted = crowd.plan(seats[1], np.array([0.0, 0, 2, 0]))
    assert np.array_equal(wanted.neg_efe, crowd.plan(seats[1]).neg_efe)  # the model's own
    assert not np.array_equal(crowd.plan(seats[1], np.zeros(4)).neg_efe, wanted.neg_efe)


@pytest.mark.parametrize("name", EVERY_KERNEL)
def test_who_begins_anew_forgets_and_who_does_not_remembers(name: str) -> None:
    crowd = explorer_crowd(name)
    seats = [crowd.take(Profile(), 1) for _ in range(4)]
    views = grid_views(np.random.default_rng(2), 4)
    crowd.act(seats, views, [[]] * 4, names(4))
    rows: Any = seats[0].rows
    rows.memories[:, :-1] = 0.9
    ends = [lived(0, last=True)]
    crowd.act(seats, views, [[], ends, [lived(1)], [lived(2), *ends, lived(3)]], names(4))
    memories = [rows.memories[seat.row, :-1] for seat in seats]
    # What is remembered, and not seen just now, has faded a little; what is new expects little.
    faded = [((memory > 0.5) & (memory < 0.9)).any() for memory in memories]
    assert faded == [True, False, True, False]


def test_an_explorers_row_takes_less_than_two_kibibytes_for_a_hundred_cells() -> None:
    terrain = Terrain(GridMap.draw(10), 1)
    crowd = ExplorerCrowd(terrain, Compiled.of(terrain.model, 1), kernel_of("numpy"))
    rows = crowd.take(Profile()).rows
    assert rows.bytes_per_row == 849 + 101 * 8 <= 2048
