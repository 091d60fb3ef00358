"""Agents that infer: what they take in, what they refuse, and what they carry on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.actors.together import goes_together
from antiphon.errors import MissingExtraError, ModelError, ObservationError
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context, Place
from antiphon.models.experience import Experience
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.kernels import pymdp_kernel
from antiphon.models.kernels.choose import choose
from antiphon.models.profile import InferenceSettings, Profile
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from hypothesis import given, settings
from hypothesis import strategies as st

RING = np.array([[1, 2, 3, 0], [3, 0, 1, 2], [0, 1, 2, 3]])  # forth, back, stay
SEEN = np.full((4, 4), 0.1) + 0.6 * np.eye(4)
BRIGHT = np.array([[0.9, 0.5, 0.1, 0.5], [0.1, 0.5, 0.9, 0.5]])


def ring_model(preferences: Any = ([0, 0, 2, 0], [0, 0])) -> GenerativeModel:
    return GenerativeModel.deterministic([SEEN, BRIGHT], RING, preferences, [1, 0, 0, 0])


def make(**keywords: Any) -> ActiveInference:
    agent = ActiveInference(
        ring_model(), InferenceSettings(**{"selective_update_interval": 1, **keywords})
    )
    agent.reset(seed=5)
    return agent


def lived(executed: Any, *, intended: Any = None, terminated: bool = False) -> Experience:
    return Experience(0, [0, 0], intended, executed, "acted", 0.0, terminated, False)


def after(executed: Any, *missed: Any) -> Context:
    return Context(
        "ringer", previous=lived(executed), missed=tuple(lived(action) for action in missed)
    )


def state_of(agent: ActiveInference) -> tuple[Any, ...]:
    state = agent.get_state()
    return (state.pop("beliefs").tobytes(), *sorted(state.items()))


def test_an_observation_updates_beliefs_by_bayes_rule() -> None:
    agent = make()
    agent.act([0, 0], Context())
    agent.act([1, 1], after(0))
    joint = np.array([0, 1, 0, 0]) * SEEN[1] * BRIGHT[1]
    assert np.allclose(agent.beliefs, joint / joint.sum(), atol=1e-15)


def test_it_goes_where_it_expects_to_see_what_it_prefers() -> None:
    agent = make(profile="balanced", action_selection="deterministic")
    place, previous, path = 0, None, []
    for _ in range(4):
        action = agent.act([place, int(place in (1, 2))], Context(previous=previous))
        previous = lived(action)
        place = int(RING[action, place])
        path.append(place)
    assert path[1:] == [2, 2, 2]


def test_beliefs_follow_the_executed_action_and_not_the_intended_one() -> None:
    agent = make(selective_update_interval=9)
    agent.act([0, 0], Context())
    agent.act([0, 0], Context(previous=lived(1, intended=0)))
    assert agent.beliefs.argmax() == 3


def test_a_skipped_update_still_predicts_the_move() -> None:
    agent = make(selective_update_interval=3)
    agent.act([0, 0], Context())
    settled = agent.beliefs
    for executed in (0, 0):
        agent.act([3, 1], after(executed))
    assert np.array_equal(agent.beliefs, np.roll(settled, 2))
    agent.act([3, 1], after(2))
    assert not np.array_equal(agent.beliefs, np.roll(settled, 2))


def test_missed_steps_are_predicted_in_order_before_the_last_one() -> None:
    rotate_then_merge = np.array([[1, 2, 3, 0], [0, 0, 2, 3]])  # the order matters
    model = GenerativeModel.deterministic([SEEN], rotate_then_merge, D=[0, 1, 0, 0])
    agent = ActiveInference(model, InferenceSettings(selective_update_interval=9))
    agent.act(1, Context())
    agent.act(1, after(1, 0))
    assert agent.beliefs.argmax() == 2


def test_an_episodes_end_among_the_missed_steps_starts_from_d_again() -> None:
    agent = make(selective_update_interval=9)
    agent.act([0, 0], Context())
    missed = (lived(0), lived(0, terminated=True))
    agent.act([0, 0], Context(previous=lived(1), missed=missed))
    assert agent.beliefs.tolist() == [0, 0, 0, 1]


def test_a_step_without_an_executed_action_moves_nothing() -> None:
    agent = make(selective_update_interval=9)
    agent.act([0, 0], Context())
    settled = agent.beliefs
    agent.act([0, 0], after(None))
    assert np.array_equal(agent.beliefs, settled)


def test_one_seed_gives_one_sequence_of_actions_and_another_seed_another() -> None:
    def actions(seed: int) -> list[int]:
        flat = GenerativeModel.deterministic([SEEN], RING)
        agent = ActiveInference(flat, InferenceSettings(gamma=0))
        agent.reset(seed)
        return [agent.act(0, Context()) for _ in range(40)]

    assert actions(1) == actions(1)
    assert actions(1) != actions(2)


def test_gamma_and_alpha_sharpen_the_choice() -> None:
    def share_of_best(**precision: float) -> float:
        agent = make(**precision)
        return max(np.bincount([agent.act([1, 1], Context()) for _ in range(300)])) / 300

    vague = share_of_best(gamma=0.2, alpha=1.0)
    assert share_of_best(gamma=0.2, alpha=8.0) > vague + 0.1
    assert share_of_best(gamma=2.0, alpha=1.0) > vague + 0.1


@pytest.mark.parametrize(
    "observation", [[1, 0], (1, 0), np.array([1, 0]), np.array([1, 0], np.uint8), [np.int64(1), 0]]
)
def test_whole_numbers_are_taken_in_any_common_form(observation: Any) -> None:
    agent, other = make(), make()
    agent.act(observation, Context())
    other.act([1, 0], Context())
    assert state_of(agent) == state_of(other)


@pytest.mark.parametrize("observation", [2, np.int64(2), np.array(2), [2], np.array([2])])
def test_one_modality_takes_a_number_or_an_array_of_one(observation: Any) -> None:
    agent = ActiveInference(GenerativeModel.deterministic(SEEN, RING))
    agent.act(observation, Context())
    assert agent.beliefs.argmax() == 2


BAD_OBSERVATIONS: list[tuple[str, Any]] = [
    ("observation", None),
    ("observation", 1),
    ("observation", True),
    ("observation", float("nan")),
    ("observation", "10"),
    ("observation", {0: 1, 1: 0}),
    ("observation", {0, 1}),
    ("observation", []),
    ("observation", [1]),
    ("observation", [1, 0, 0]),
    ("observation", np.zeros(4, int)),
    ("observation", np.zeros((2, 1), int)),
    ("observation", np.array(1)),
    ("observation", np.array([1.0, 0.0])),
    ("observation", np.array([True, False])),
    ("observation", np.array([None, 0])),
    ("observation", np.array(["1", "0"])),
    ("observation", np.array([1, np.nan])),
    ("observation", [[0, 1, 0, 0], [1, 0]][0]),
    ("observation[0]", [-1, 0]),
    ("observation[0]", [4, 0]),
    ("observation[0]", [True, 0]),
    ("observation[0]", [np.True_, 0]),
    ("observation[0]", [1.0, 0]),
    ("observation[0]", [float("inf"), 0]),
    ("observation[0]", [None, 0]),
    ("observation[0]", ["1", 0]),
    ("observation[0]", [[0, 1, 0, 0], [1, 0]]),
    ("observation[0]", [10**30, 0]),
    ("observation[0]", [1 + 0j, 0]),
    ("observation[0]", np.array([-1, 0])),
    ("observation[0]", np.array([2**63, 0], np.uint64)),
    ("observation[1]", [1, 2]),
    ("observation[1]", [1, -1]),
    ("observation[1]", np.array([1, 2])),
    ("observation[1]", (1, np.float64(0))),
]


@pytest.mark.parametrize(("field", "observation"), BAD_OBSERVATIONS)
def test_a_bad_observation_is_refused_and_changes_nothing(field: str, observation: Any) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    with pytest.raises(ObservationError) as caught:
        agent.act(observation, after(0))
    assert (caught.value.agent_id, caught.value.field) == ("ringer", field)
    assert "agent 'ringer'" in str(caught.value)
    assert state_of(agent) == before


@pytest.mark.parametrize("executed", [-1, 3, True, 1.0, "0", [0], np.array([0]), float("nan")])
def test_a_bad_executed_action_is_refused_and_changes_nothing(executed: Any) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    with pytest.raises(ObservationError, match=r"'ringer': previous\.executed must be"):
        agent.act([1, 0], after(0, 0, executed))
    assert state_of(agent) == before


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 6) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(), inner, max_size=2),
    max_leaves=6,
)


@settings(max_examples=500)
@given(observation=anything, executed=anything)
def test_whatever_comes_is_either_sound_or_refused_without_a_trace(
    observation: Any, executed: Any
) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    refused = None
    try:
        action = agent.act(observation, after(executed))
    except ObservationError as error:
        refused = error
    if refused is not None:
        assert refused.agent_id == "ringer"
        assert state_of(agent) == before
        return
    assert [type(value) for value in observation] == [int, int]
    assert executed is None or type(executed) is int
    assert action in (0, 1, 2)
    assert abs(agent.beliefs.sum() - 1) < 1e-12


@settings(max_examples=100)
@given(data=st.data())
def test_beliefs_stay_a_distribution_for_any_model_that_is_accepted(data: st.DataObject) -> None:
    n_states = data.draw(st.integers(1, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    model = GenerativeModel(
        [rng.dirichlet(np.full(3, 0.05), size=n_states).T for _ in range(3)],
        rng.dirichlet(np.full(n_states, 0.05), size=(n_states, 2)).transpose(2, 0, 1),
        D=rng.dirichlet(np.full(n_states, 0.05)),
    )
    agent = ActiveInference(model, InferenceSettings(profile="balanced"))
    previous = None
    for _ in range(5):
        seen = data.draw(st.tuples(*[st.integers(0, 2)] * 3))
        previous = lived(agent.act(seen, Context(previous=previous)))
        assert np.isfinite(agent.beliefs).all()
        assert abs(agent.beliefs.sum() - 1) < 1e-9
        assert np.isfinite(agent.plan().neg_efe).all()


def test_many_impossible_outcomes_at_once_still_leave_a_distribution() -> None:
    modalities = 30
    likelihood = np.eye(2)
    model = GenerativeModel.deterministic([likelihood] * modalities, [[0, 1], [1, 0]])
    agent = ActiveInference(model)
    agent.act([0] * 14 + [1] * 16, Context())  # eps**14 against eps**16: below any float
    assert agent.beliefs.argmax() == 1
    assert abs(agent.beliefs.sum() - 1) < 1e-12


def test_a_state_goes_on_from_exactly_there() -> None:
    agent, other = make(selective_update_interval=2), make(selective_update_interval=2)
    for _ in range(3):
        agent.act([1, 0], Context())
    other.set_state(agent.get_state())
    ahead = [agent.act([k % 4, 1], after(k % 3)) for k in range(20)]
    assert ahead == [other.act([k % 4, 1], after(k % 3)) for k in range(20)]
    assert state_of(agent) == state_of(other)


@pytest.mark.parametrize(
    "change",
    [
        {"beliefs": [0.5, 0.5]},
        {"beliefs": [2.0, -1.0, 0.0, 0.0]},
        {"beliefs": [0.1, 0.1, 0.1, 0.1]},
        {"beliefs": [float("nan")] * 4},
        {"beliefs": None},
        {"beliefs": [[1.0], [0.0]]},
        {"beliefs": [[1.0], [0.0, 1.0]]},
        {"step": -1},
        {"step": True},
        {"stream": 1.5},
    ],
)
def test_a_bad_state_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    agent = make()
    agent.act([1, 0], Context())
    before = state_of(agent)
    with pytest.raises(ModelError, match=f"state\\['{next(iter(change))}'\\] must"):
        agent.set_state({**agent.get_state(), **change})
    assert state_of(agent) == before


def test_a_place_names_the_agent_whose_matrix_is_bad() -> None:
    with pytest.raises(ModelError, match="'trader-1': A must have columns that sum to 1"):
        ActiveInference.create(Place("trader-1"), model={"A": [[0.5], [0.4]], "B": [[[1.0]]]})


@pytest.mark.parametrize(
    "model", [None, 7, {"A": SEEN}, {"A": SEEN, "B": RING, "Z": 1}, [SEEN, RING]]
)
def test_what_is_no_model_is_refused_by_name(model: Any) -> None:
    with pytest.raises(ModelError, match="agent 'a': model must be"):
        ActiveInference.create(Place("a"), model=model)


def test_a_model_too_large_to_plan_with_names_its_agent() -> None:
    model = GenerativeModel.deterministic([[1.0]], np.zeros((40, 1), int))
    with pytest.raises(ModelError, match="agent 'a': policy_length 4 makes"):
        ActiveInference.create(Place("a"), model=model, settings=InferenceSettings(policy_length=4))


@pytest.mark.parametrize(
    ("observations", "actions", "field"),
    [
        (MultiDiscrete([4, 2]), Discrete(4), "B"),
        (MultiDiscrete([4, 2]), Discrete(3, start=1), "B"),
        (MultiDiscrete([4, 3]), Discrete(3), "A"),
        (Discrete(4), Discrete(3), "A"),
    ],
)
def test_a_model_that_does_not_fit_its_place_is_refused(
    observations: Any, actions: Any, field: str
) -> None:
    place = Place("a", observation_space=observations, action_space=actions)
    with pytest.raises(ModelError, match=f"agent 'a': {field} "):
        ActiveInference.create(place, model=ring_model())


def test_a_model_that_fits_its_place_is_taken() -> None:
    fitting = Place("a", observation_space=MultiDiscrete([4, 2]), action_space=Discrete(3))
    assert ActiveInference.create(fitting, model=ring_model()).model.n_states == 4
    unknown = Place("a", observation_space=Box(0, 1), action_space=None)
    assert ActiveInference.create(unknown, model=ring_model()).model.n_states == 4


def test_agents_with_equal_models_share_one_and_others_do_not() -> None:
    one, two = make(), make()
    assert one.model is two.model
    assert one.crowd is two.crowd
    assert one.seat.rows is two.seat.rows
    assert one.seat.row != two.seat.row
    assert make(profile="balanced").crowd is not one.crowd


def test_only_the_class_itself_says_that_it_may_be_answered_for_with_others() -> None:
    class Slow(ActiveInference):
        pass

    class Willing(ActiveInference):
        together = True

    kinds = (ActiveInference, Explorer, Slow, Willing)
    model = ring_model()
    assert [goes_together(kind) for kind in kinds] == [True, True, False, True]
    assert Slow(model).crowd is Willing(model).crowd  # but each acts by itself, and may


@pytest.mark.parametrize("length", [1, 2])
def test_retuned_it_goes_on_from_its_beliefs_and_thinks_more_or_less(length: int) -> None:
    agent = make(profile="fast", selective_update_interval=1)
    agent.act([0, 0], Context())
    before = state_of(agent)
    tuned = Profile(policy_length=length, gamma=3, action_selection="deterministic")
    agent.retune(tuned)
    assert state_of(agent) == before
    assert agent.profile is tuned
    assert len(agent.plan().neg_efe) == 3**length
    fresh = make(policy_length=length, gamma=3, action_selection="deterministic")
    fresh.set_state(agent.get_state())
    assert np.array_equal(agent.plan().policies, fresh.plan().policies)
    seen = [([k % 4, 1], after(k % 3)) for k in range(9)]
    assert [agent.act(*one) for one in seen] == [fresh.act(*one) for one in seen]


def test_a_missing_pymdp_is_an_error_that_holds_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    choose.cache_clear()
    monkeypatch.setattr(pymdp_kernel.importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"pip install 'antiphon\[pymdp\]'"):
        make(backend="pymdp")


def test_surprise_is_the_free_energy_of_what_was_seen() -> None:
    A = np.array([[0.9, 0.2], [0.1, 0.8]])
    B = np.stack([np.eye(2), np.eye(2)[::-1]], axis=2)
    agent = ActiveInference({"A": A, "B": B, "D": np.array([0.5, 0.5])})
    agent.reset(1)
    assert agent.surprise is None
    agent.act(0, Context())
    assert agent.surprise == pytest.approx(-np.log(0.5 * 0.9 + 0.5 * 0.2))
    # Variational free energy: E_q[ln q - ln p(o, s)], which exact beliefs bring down to it.
    q, joint = agent.beliefs, np.array([0.5, 0.5]) * A[0]
    assert agent.surprise == pytest.approx(float(np.sum(q * (np.log(q) - np.log(joint)))))


def test_an_observation_that_was_skipped_surprises_nobody() -> None:
    settings = InferenceSettings(selective_update_interval=2)
    agent = ActiveInference({"A": np.eye(2), "B": np.eye(2)[:, :, None]}, settings)
    agent.reset(1)
    agent.act(0, Context())
    assert agent.surprise is not None
    agent.act(0, Context())
    assert agent.surprise is None


@pytest.mark.parametrize("length", [1, 2])
def test_compiled_inference_chooses_the_same(length: int) -> None:
    pytest.importorskip("numba")
    rng = np.random.default_rng(3)
    A, B = rng.dirichlet(np.ones(4), 3).T, rng.dirichlet(np.ones(3), (3, 2)).transpose(2, 0, 1)
    chosen, beliefs = [], []
    for backend in ("numpy", "numba"):
        tuned = InferenceSettings(backend=backend, policy_length=length)
        ActiveInference.prepare(tuned)
        agent = ActiveInference({"A": A, "B": B, "C": np.arange(4.0)}, tuned)
        agent.reset(5)
        chosen.append([agent.act(n % 4, Context()) for n in range(30)])
        beliefs.append(agent.beliefs)
    assert chosen[0] == chosen[1]
    np.testing.assert_allclose(beliefs[0], beliefs[1], atol=1e-12)
