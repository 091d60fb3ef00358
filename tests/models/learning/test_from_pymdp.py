"""Agents of pymdp as we take them: what is read, and what is refused by name.

Stand-ins with the attributes of pymdp 1.0.4 are enough here; the oracle's comparison builds
ours from real ones.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError, UnsupportedModelError
from antiphon.models.factored.model import FactoredModel
from antiphon.models.from_pymdp import from_pymdp
from antiphon.models.learning.concentrations import Concentrations


def stand_in(**changes: Any) -> SimpleNamespace:
    """Make what looks like an agent of two factors, the second of which nothing moves."""
    rng, length = np.random.default_rng(0), changes.get("policy_len", 2)
    policies = np.array(list(itertools.product(*[range(n) for n in (2, 1)] * length)))
    arrays = {
        "A": [rng.dirichlet(np.ones(4), size=(1, 3, 2)).transpose(0, 3, 1, 2)],
        "B": [
            rng.dirichlet(np.ones(n), size=(1, u, n)).transpose(0, 3, 2, 1)
            for n, u in ((3, 2), (2, 1))
        ],
        "C": [rng.normal(size=(1, 4))],
        "D": [np.full((1, n), 1 / n) for n in (3, 2)],
        "E": np.full((1, len(policies)), 1 / len(policies)),
        "gamma": np.array([2.5], np.float32),
        "alpha": np.array([3.0]),
    }
    plain = {
        "A_dependencies": [[0, 1]],
        "B_dependencies": [[0], [1]],
        "num_controls": [2, 1],
        "policies": SimpleNamespace(
            policy_arr=policies.reshape(-1, length, 2), num_policies=len(policies)
        ),
        "policy_len": length,
        "pA": None,
        "pB": None,
        "use_inductive": False,
        "categorical_obs": False,
        "preprocess_fn": None,
        "action_maps": None,
        "batch_size": 1,
        "inference_algo": "fpi",
        "num_iter": 16,
        "learning_mode": "online",
        "sampling_mode": "marginal",
        "action_selection": "stochastic",
        "use_utility": True,
        "use_states_info_gain": False,
        "use_param_info_gain": False,
    }
    learns = {f"learn_{name}": False for name in "ABCDE"}
    return SimpleNamespace(**{**arrays, **plain, **learns, **changes})


def test_the_model_and_the_settings_are_read() -> None:
    agent = stand_in()
    model, settings, learning, counts = from_pymdp(agent)
    made = FactoredModel(**model)
    assert np.array_equal(made.A[0], agent.A[0][0])
    assert made.layout.control_factors == (0,)
    assert made.E is None
    assert settings == {
        "policy_length": 2,
        "gamma": 2.5,
        "alpha": 3.0,
        "action_selection": "stochastic",
        "use_utility": True,
        "use_states_info_gain": False,
    }
    assert not learning.is_on
    assert not learning.keep_zeros
    assert counts == {"pA": None, "pB": None}


def test_counts_and_habits_come_along() -> None:
    bare = stand_in()
    pA, pB = [3.0 * bare.A[0]], [2.0 * array for array in bare.B]
    habits = np.array([[0.4, 0.3, 0.2, 0.1]])
    agent = stand_in(learn_A=True, use_param_info_gain=True, pA=pA, pB=pB, E=habits)
    model, _, learning, counts = from_pymdp(agent)
    assert model["E"].tolist() == habits[0].tolist()
    assert learning.learn_A
    assert not learning.learn_B
    shared = Concentrations(FactoredModel(**model), learning, **counts)
    assert np.allclose(shared.columns.unpack_B(shared.B)[0], pB[0][0])
    assert np.allclose(shared.A, pA[0].ravel())


def test_one_modality_may_have_no_counts() -> None:
    agent = stand_in(learn_A=True, pA=[None])
    assert from_pymdp(agent).counts["pA"] == [None]


SHORT = {"policy_len": 1, "sampling_mode": "full"}
OTHERS: list[tuple[str, dict[str, Any]]] = [
    # the attribute at fault, what the agent has
    ("use_inductive", {"use_inductive": True}),
    ("action_maps", {"action_maps": [{}]}),
    ("learn_C", {"learn_C": True}),
    ("learn_D", {"learn_D": True}),
    ("learn_E", {"learn_E": True}),
    ("inference_algo", {"inference_algo": "mmp"}),
    ("inference_algo", {"inference_algo": "vmp"}),
    ("inference_algo", {"inference_algo": "ovf"}),
    ("inference_algo", {"inference_algo": "exact", "learn_A": True}),
    ("sampling_mode", {"sampling_mode": "full"}),
    ("B_dependencies", {"B_dependencies": [[0, 1], [1]]}),
    ("C", {"C": [np.zeros((1, 2, 4))]}),
    ("policies", {"policies": SimpleNamespace(policy_arr=np.zeros((1, 2, 2)), num_policies=1)}),
]


@pytest.mark.parametrize(("name", "has"), OTHERS)
def test_what_is_not_covered_is_refused_by_name(name: str, has: dict[str, Any]) -> None:
    way = r'; from_pymdp\(agent, backend="pymdp"\) steps pymdp\'s own'
    with pytest.raises(UnsupportedModelError, match=way) as caught:
        from_pymdp(stand_in(**has), agent_id="trader-3")
    assert (caught.value.field, caught.value.agent_id) == (name, "trader-3")


def test_drawing_whole_policies_is_the_same_where_each_is_one_action() -> None:
    assert from_pymdp(stand_in(**SHORT)).settings["policy_length"] == 1


@pytest.mark.parametrize("other", [None, SimpleNamespace(A=[], B=[])])
def test_what_is_no_such_agent_is_refused(other: Any) -> None:
    with pytest.raises(ModelError, match=r"pymdp\.agent\.Agent"):
        from_pymdp(other)


def test_learning_moves_without_counts_is_refused() -> None:
    with pytest.raises(ModelError, match="pB must be there"):
        from_pymdp(stand_in(learn_B=True))
