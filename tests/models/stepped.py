"""Steps pymdp's own agents by our shell and by pymdp's own loop; run by test_pymdp_agent.py.

Runs in its own process with JAX_ENABLE_X64=1 and writes one JSON object.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
from antiphon.errors import ModelError, ObservationError
from antiphon.models import chance
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Context, Place
from antiphon.models.experience import Experience
from antiphon.models.pymdp_agent import PymdpAgent
from antiphon.society import Society
from gymnasium.spaces import Discrete
from pymdp.agent import Agent

rollout: Any = importlib.import_module(
    "pymdp.envs.rollout"
)  # its folder has a function of the name
HORIZON = 3


def columns(rng: np.random.Generator, *shape: int) -> Any:
    weights = rng.gamma(1.0, size=shape)
    return jnp.array(weights / weights.sum(axis=0))


def interacting(rng: np.random.Generator, **options: Any) -> Agent:
    """Make one whose second factor moves the first, and which learns how."""
    given: dict[str, Any] = {
        "C": [jnp.array(rng.normal(size=4))],
        "pA": [jnp.array(rng.gamma(1.0, size=(4, 3, 2)))],
        "pB": [jnp.array(rng.gamma(1.0, size=(3, 3, 2, 4))), jnp.ones((2, 2, 1))],
        "A_dependencies": [[0, 1]],
        "B_dependencies": [[0, 1], [1]],
        "action_selection": "stochastic",
        "batch_size": 1,
        **options,
    }
    B = [columns(rng, 3, 3, 2, 4), columns(rng, 2, 2, 1)]
    return Agent(A=[columns(rng, 4, 3, 2)], B=B, **given)


def sequence(rng: np.random.Generator) -> Agent:
    """Make one that infers the last steps anew in each step."""
    B = [columns(rng, 3, 3, 2), columns(rng, 2, 2, 2)]
    return Agent(
        A=[columns(rng, 4, 3, 2), columns(rng, 3, 2)], B=B, C=[jnp.arange(4.0), jnp.zeros(3)],
        A_dependencies=[[0, 1], [1]], inference_algo="vmp", inference_horizon=HORIZON,
        action_selection="stochastic", batch_size=1,
    )  # fmt: skip


def key_of(step: int) -> Any:
    return jax.random.PRNGKey(int(chance.uniform(chance.key(5, "action"), step) * 2**31))


def walk(
    mine: PymdpAgent, seen: list[Any], executed: list[Any], *, last: int = -1, away: int = -1
) -> dict[int, tuple[Any, Any]]:
    """Give what it believes and answers, by step; something else is executed.

    Args:
        last: the step with which an episode ends.
        away: the step in which it is not called.
    """
    mine.reset(5)
    lived: list[Experience] = []
    found = {}
    for step, (one, other) in enumerate(zip(seen, executed, strict=True)):
        if step != away:
            previous = lived[-1] if lived else None
            context = Context("a", round=step, previous=previous, missed=tuple(lived[:-1]))
            action = mine.act(one, context)
            found[step] = np.concatenate(mine.beliefs), action
            lived = []
        lived.append(Experience(step, one, None, other, "acted", 0.0, step == last, False))
    return found


def compare_interacting(agent: Agent, steps: int) -> tuple[float, float, float]:
    """Give how far beliefs and B are apart, and how many actions differ."""
    rng = np.random.default_rng(3)
    mine = ActiveInference.from_pymdp(agent, backend="pymdp")
    seen, executed = rng.integers(4, size=steps).tolist(), rng.integers(4, size=steps).tolist()
    found = walk(mine, seen, executed, last=3, away=7)
    jitted = equinox.filter_jit(rollout.infer_and_plan)
    beliefs, done, widest, differing = [d[:, None] for d in agent.D], [-1, -1], 0.0, 0.0
    for n, (step, (held, action)) in enumerate(found.items()):
        if step == 8:  # it was away in the step before
            before = agent.update_empirical_prior(jnp.array([[executed[6], 0]]), beliefs)
            beliefs = [q[:, None] for q in before]
        outcome = [jnp.array([[seen[step]]])]
        agent, theirs, beliefs, _ = jitted(agent, beliefs, outcome, jnp.array([done]), key_of(n))
        flat = np.concatenate([np.asarray(q)[0, -1] for q in beliefs])
        widest = max(widest, float(np.abs(held - flat).max()))
        differing += action != int(theirs[0, 0])
        done = [-1, -1] if step == 3 else [executed[step + 1 if step == 6 else step], 0]
    learned = float(np.abs(np.asarray(mine.agent.B[0]) - np.asarray(agent.B[0])).max())
    return widest, learned, differing


def compare_sequence(steps: int) -> tuple[float, float]:
    """Give how far beliefs are apart, and how many actions differ, also past the horizon."""
    rng = np.random.default_rng(4)
    agent = sequence(rng)
    seen = rng.integers(3, size=(steps, 2))
    executed = rng.integers(2, size=(steps, 2))
    mine = PymdpAgent(agent)
    found = walk(mine, seen.tolist(), list(executed))
    shown = [[jnp.array([[o]]) for o in row] for row in seen]
    key = jax.random.PRNGKey(0)
    # pymdp's own loop, but with actions that it did not choose.
    carry = rollout._init_windowed_carry(agent, shown[0], None, key, HORIZON, HORIZON - 1, True)
    window, moves, n = (carry[name] for name in ("observation_hist", "action_hist", "valid_steps"))
    beliefs, prior, widest, differing = carry["qs"], carry["empirical_prior"], 0.0, 0.0
    step_of = equinox.filter_jit(rollout._run_sequence_fixed_window_step)
    for step, (held, action) in found.items():
        last = moves[:, -1]
        _, theirs, _, _, beliefs, latest, prior = step_of(
            agent, beliefs, window, moves, last, prior, n, HORIZON, key_of(step),
            rollout.default_policy_search,
        )  # fmt: skip
        flat = np.concatenate([np.asarray(q)[0] for q in latest])
        widest = max(widest, float(np.abs(held - flat).max()))
        differing += list(action) != np.asarray(theirs)[0].tolist()
        if step + 1 < steps:
            window, moves, n = rollout._update_window_buffers(
                window, moves, n, shown[step + 1], jnp.array([executed[step]]), HORIZON
            )
    return widest, differing


def runs(agent: Agent) -> list[Any]:
    """Give what comes of the same rounds twice; several agents begin with one of pymdp's."""

    def run() -> Any:
        with Society(seed=3) as society:
            society.add(PymdpAgent, 3, agent=agent)
            outcomes = [society.step(dict.fromkeys(society, k % 4)) for k in range(6)]
            return [dict(outcome.actions) for outcome in outcomes]

    return [run(), run()]


def refusals(agent: Agent) -> list[str]:
    """Give what is said to what does not fit."""
    said = []
    mine = PymdpAgent(agent, agent_id="a")
    before = np.concatenate(mine.beliefs)
    lost = Experience(0, 0, 1, 9, "acted", 0.0, False, False)
    for seen, previous in ((4, None), ([0, 1], None), (1.0, None), (1, lost)):
        try:
            mine.act(seen, Context("a", previous=previous))
        except ObservationError as error:
            said.append(str(error))
    try:
        PymdpAgent.create(Place("a", None, Discrete(5), Discrete(4)), agent=agent)
    except ModelError as error:
        said.append(str(error))
    assert np.array_equal(before, np.concatenate(mine.beliefs))
    try:
        ActiveInference.from_pymdp(
            interacting(np.random.default_rng(7), batch_size=3), backend="pymdp"
        )
    except ModelError as error:
        said.append(str(error))
    return said


def main() -> None:
    """Write what is asked for by name."""
    if "sequence" in sys.argv:
        result: dict[str, Any] = {"sequence": compare_sequence(8)}
    else:
        agent = interacting(np.random.default_rng(6), learn_A=True, learn_B=True)
        interacted = compare_interacting(agent, 12)
        result = {"interacting": interacted, "runs": runs(agent), "refusals": refusals(agent)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
