"""Takes an agent of pymdp as it is: its model, how it thinks, and what it has learned."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ModelError, UnsupportedModelError
from .learning.learning import Learning
from .matrices import Array

_FREE = {
    "use_inductive": False,
    "action_maps": None,
    "learn_C": False,
    "learn_E": False,
}
"""Attributes of which only this value is covered."""
_ALONE = {
    "batch_size": (1, "make one for each agent, or hand one over to several agents"),
    "categorical_obs": (False, "what is seen is whole numbers, one for each modality"),
    "preprocess_fn": (None, "what is seen is whole numbers, one for each modality"),
}
"""Attributes of which only this value fits a society, whoever steps the agent, and what to do."""


class Translated(NamedTuple):
    """What an agent of pymdp is made of, in our words; plain arrays and numbers."""

    model: dict[str, Any]
    """The arguments of ``FactoredModel``."""
    settings: dict[str, Any]
    """policy_length, gamma, alpha, action_selection, use_utility, use_states_info_gain."""
    learning: Learning
    """As pymdp does it: zeros may come to life."""
    counts: dict[str, Any]
    """pA and pB for ``Concentrations``; None where the agent has none."""


def from_pymdp(agent: Any, *, agent_id: str | None = None) -> Translated:
    """Read an agent of pymdp 1.0.4; nothing of it is called or changed, and JAX not imported.

    Raises:
        UnsupportedModelError: it does what our arithmetic does not; names the attribute.
        ModelError: it is no such agent.
    """
    read = _Attributes(agent, agent_id)
    read.check()
    pA, pB = read.counts("pA"), read.counts("pB")
    is_curious, learns_B = bool(read("use_param_info_gain")), bool(read("learn_B"))
    if learns_B and pB is None:
        raise ModelError("pB", "must be there where learn_B is on, got None", agent_id=agent_id)
    learning = Learning(
        learn_A=bool(read("learn_A")),
        learn_B=learns_B,
        use_param_info_gain=is_curious,
        keep_zeros=False,
    )
    return Translated(read.model(), read.settings(), learning, {"pA": pA, "pB": pB})


class _Attributes:
    """One agent's attributes; every refusal names the one at fault."""

    def __init__(self, agent: Any, agent_id: str | None) -> None:
        self._agent = agent
        self._agent_id = agent_id

    def __call__(self, name: str) -> Any:
        return _attribute(self._agent, name, self._agent_id)

    def refuse(self, name: str, covered: str, came: object) -> None:
        raise UnsupportedModelError(name, f"must be {covered}, got {came}", agent_id=self._agent_id)

    def check(self) -> None:
        """Make sure that all the agent does is covered."""
        check_steppable(self._agent, self._agent_id)
        for name, covered in _FREE.items():
            came = self(name)
            if not (came is covered or came == covered):
                self.refuse(name, repr(covered), repr(came)[:80])
        if self("learn_D"):
            self.refuse("learn_D", "off, for in pymdp 1.0.4 it does nothing", True)
        self._check_dependencies()
        self._check_algorithm()
        self._check_policies()
        if any(np.ndim(vector) != 2 for vector in self("C")):
            self.refuse("C", "the same at all times", "preferences for each time")

    def model(self) -> dict[str, Any]:
        controls = [int(n) for n in self("num_controls")]
        n_policies = int(self("policies").num_policies)
        habits = _plain(self("E"))
        return {
            "A": [_plain(array) for array in self("A")],
            "B": [_plain(array) for array in self("B")],
            "C": [_plain(array) for array in self("C")],
            "D": [_plain(array) for array in self("D")],
            "E": None if np.allclose(habits, 1 / n_policies, rtol=1e-6, atol=0) else habits,
            "A_dependencies": [list(map(int, own)) for own in self("A_dependencies")],
            "B_dependencies": [list(map(int, own)) for own in self("B_dependencies")],
            "control_factors": [f for f, n in enumerate(controls) if n > 1] or None,
            "iterations": int(self("num_iter")),
        }

    def settings(self) -> dict[str, Any]:
        return {
            "policy_length": int(self("policy_len")),
            "gamma": float(np.asarray(self("gamma")).ravel()[0]),
            "alpha": float(np.asarray(self("alpha")).ravel()[0]),
            "action_selection": str(self("action_selection")),
            "use_utility": bool(self("use_utility")),
            "use_states_info_gain": bool(self("use_states_info_gain")),
        }

    def counts(self, name: str) -> list[Array | None] | None:
        given = self(name)
        return None if given is None else [None if p is None else _plain(p) for p in given]

    def _check_dependencies(self) -> None:
        own = [[f] for f in range(len(self("B")))]
        came = [list(factors) for factors in self("B_dependencies")]
        if came != own:
            self.refuse("B_dependencies", f"{own}, each factor itself alone", came)

    def _check_algorithm(self) -> None:
        algorithm, learns = self("inference_algo"), self("learn_A") or self("learn_B")
        if algorithm not in {"fpi", "exact"}:
            self.refuse("inference_algo", "'fpi' or 'exact'", repr(algorithm))
        if algorithm == "exact" and learns:  # it would learn from beliefs in hindsight
            self.refuse("inference_algo", "'fpi' where A or B is learned", repr(algorithm))

    def _check_policies(self) -> None:
        controls, length = [int(n) for n in self("num_controls")], int(self("policy_len"))
        came = np.asarray(self("policies").policy_arr).reshape(-1, length * len(controls))
        if not np.array_equal(came, _all_policies(controls, length)):
            self.refuse("policies", "all of a length, in order", f"{len(came)} of its own")
        # Of policies of one action of one factor there is one for each action: both are one.
        is_plain = length == 1 and sum(n > 1 for n in controls) <= 1
        if self("sampling_mode") != "marginal" and not is_plain:
            self.refuse("sampling_mode", "'marginal'", repr(self("sampling_mode")))


def check_steppable(agent: Any, agent_id: str | None) -> None:
    """See that an agent can be stepped by itself, from what a society shows.

    Raises:
        ModelError: it cannot; names the attribute, and says what to do.
    """
    for name, (wanted, remedy) in _ALONE.items():
        came = _attribute(agent, name, agent_id)
        if came is not wanted and came != wanted:
            rule = f"must be {wanted!r}, got {came!r:.80}; {remedy}"
            raise ModelError(name, rule, agent_id=agent_id)
    learns = _attribute(agent, "learn_A", agent_id) or _attribute(agent, "learn_B", agent_id)
    if learns and (mode := _attribute(agent, "learning_mode", agent_id)) != "online":
        rule = f"must be 'online' where A or B is learned, got {mode!r}; a society has no last step"
        raise ModelError("learning_mode", rule, agent_id=agent_id)


def _attribute(agent: Any, name: str, agent_id: str | None) -> Any:
    """Give an attribute of an agent of pymdp.

    Raises:
        ModelError: it has none of the name, and so is no such agent.
    """
    try:
        return getattr(agent, name)
    except AttributeError:
        came = f"{type(agent).__name__} without {name}"
        rule = f"must be a pymdp.agent.Agent of pymdp 1.0.4, got {came}"
        raise ModelError("agent", rule, agent_id=agent_id) from None


def _all_policies(controls: Sequence[int], length: int) -> Any:
    return np.array(list(itertools.product(*(range(n) for n in [*controls] * length))))


def _plain(array: Any) -> Array:
    """Copy what one agent of a batch has to float64."""
    batch: Array = np.array(array, np.float64)
    own: Array = batch[0]
    return own
