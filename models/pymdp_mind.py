"""What an agent of pymdp believes from step to step, and the calls of pymdp that change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from .kernels.pymdp_kernel import float64_switch, import_pymdp
from .matrices import Indices

SEQUENCES = frozenset({"mmp", "vmp"})
"""Algorithms that infer all steps of a window anew in each step."""
LONGEST_WINDOW = 32
"""Where an agent does not say how far back it looks; pymdp's rollout takes as many."""
NOTHING = -1
"""In place of an outcome that was not seen, and of an action before the first."""


class Calls(NamedTuple):
    """What is called in pymdp, jitted: without jit it retraces each call, for 0.2 s."""

    look: Callable[..., Any]
    expect: Callable[..., Any]


@cache
def calls() -> Calls:
    """Give the calls; agents of one shape are compiled for once.

    Raises:
        MissingExtraError: pymdp is not installed.
    """
    equinox, jax = import_pymdp("equinox"), import_pymdp("jax")
    plan, control = import_pymdp("pymdp.envs.rollout"), import_pymdp("pymdp.control")

    def look(agent: Any, before: Any, turn: Any, more: Any) -> Any:
        seen, action, word = turn
        key = jax.random.PRNGKey(word)
        agent, chosen, beliefs, _ = plan.infer_and_plan(agent, before, seen, action, key, **more)
        return agent, agent.decode_multi_actions(chosen), beliefs

    def expect(agent: Any, beliefs: Any, action: Any) -> Any:
        propagate = partial(control.compute_expected_state, B_dependencies=agent.B_dependencies)
        return jax.vmap(propagate)(beliefs, agent.B, action)

    return Calls(equinox.filter_jit(look), equinox.filter_jit(expect))


class Mind:
    """One agent and what it believes; in the precision in which the agent was made.

    What is learned stays when an episode begins. A step in which it was not called is believed
    in as its action says, and teaches nothing.
    """

    def __init__(self, agent: Any) -> None:
        """Begin an episode with an agent of pymdp, which is not changed."""
        self.agent = agent
        algorithm, learns = agent.inference_algo, agent.learn_A or agent.learn_B
        self._infers_anew = algorithm in SEQUENCES
        self._looks_back = self._infers_anew or (learns and algorithm != "fpi")
        length = (agent.inference_horizon or LONGEST_WINDOW) if self._looks_back else 1
        self._length = int(length)
        self._calls = calls()
        self._switch = float64_switch()
        self.begin()

    def begin(self) -> None:
        """Begin an episode with the agent's D."""
        n_moved, n_seen = len(self.agent.num_controls), len(self.agent.num_obs)
        self._prior = self._ahead = [np.array(d) for d in self.agent.D]
        self._beliefs = [np.repeat(d[:, None], self._length, axis=1) for d in self._prior]
        self._action = np.full((1, n_moved), NOTHING, np.int32)
        self._seen = [np.full((1, self._length), NOTHING, np.int32) for _ in range(n_seen)]
        self._moves = np.full((1, self._length - 1, n_moved), NOTHING, np.int32)
        self._n_steps = 1
        self._has_looked = False

    @property
    def beliefs(self) -> list[Any]:
        """What is held of each factor now; arrays of its own."""
        return [np.array(q[0, -1]) for q in self._beliefs]

    def move(self, action: Sequence[int]) -> None:
        """Go on by an action that was executed, with an entry for each that pymdp controls."""
        with self._precision():
            if not self._has_looked:
                self._beliefs = _appended(self._beliefs, self._ahead)
            moved = np.array([action], np.int32)
            self._action = np.asarray(self.agent.encode_multi_actions(moved), np.int32)
            first = self._window_start()
            self._ahead = self._expected([q[:, -1] for q in self._beliefs], self._action)
        self._prior = first or self._ahead
        self._n_steps = min(self._n_steps + 1, self._length)
        (self._moves,) = _appended([self._moves], [self._action])
        self._seen = _appended(self._seen, [np.full(1, NOTHING, np.int32)] * len(self._seen))
        self._has_looked = False

    def look(self, observation: Sequence[int], word: int) -> Indices:
        """Take in an outcome of each modality, plan, learn, and give the action that is drawn.

        Args:
            word: 31 bits of chance.
        """
        for own, outcome in zip(self._seen, observation, strict=True):
            own[:, -1] = outcome
        shown = self._seen if self._infers_anew else [own[:, -1:] for own in self._seen]
        with self._precision():
            turn = (shown, self._action, np.array(word, np.uint32))
            agent, action, beliefs = self._calls.look(self.agent, self._beliefs, turn, self._more())
        inferred = [np.asarray(q) for q in beliefs]
        if self._looks_back and not self._infers_anew:
            inferred = _appended(self._beliefs, [q[:, -1] for q in inferred])
        elif not self._looks_back:
            inferred = [q[:, -1:] for q in inferred]
        self.agent, self._beliefs = agent, inferred
        if not self._infers_anew:  # whoever looks twice and does nothing goes on from there
            self._prior = [q[:, -1] for q in inferred]
        self._action = np.full_like(self._action, NOTHING)
        self._has_looked = True
        chosen: Indices = np.asarray(action, np.int64)[0]
        return chosen

    def _more(self) -> dict[str, Any]:
        if not self._looks_back:
            return {"empirical_prior": self._prior}
        window = {"learning_observations": self._seen, "learning_actions": self._moves}
        if not self._infers_anew:
            return {**window, "empirical_prior": self._prior, "learning_beliefs": self._beliefs}
        sequence = {"past_actions": self._moves, "valid_steps": np.array(self._n_steps, np.int32)}
        return {**window, **sequence, "empirical_prior": self._prior}

    def _window_start(self) -> list[Any] | None:
        """Give what holds where the next window begins; None unless all of it is inferred."""
        if not self._infers_anew:
            return None
        if self._n_steps < self._length or self._length == 1:
            return self._prior
        return self._expected([q[:, 0] for q in self._beliefs], self._moves[:, 0])

    def _expected(self, beliefs: list[Any], action: Any) -> list[Any]:
        return [np.asarray(q) for q in self._calls.expect(self.agent, beliefs, action)]

    def _precision(self) -> AbstractContextManager[None]:
        return self._switch(np.dtype(self.agent.D[0].dtype) == np.float64)


def _appended(window: Sequence[Any], newest: Sequence[Any]) -> list[Any]:
    """Give windows, shape (1, steps, …), that have gone on by one; arrays of their own."""
    return [
        np.concatenate([own, new[:, None]], axis=1)[:, 1:]
        for own, new in zip(window, newest, strict=True)
    ]
