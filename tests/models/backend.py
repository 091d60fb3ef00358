"""Lets the same agents act on numpy and on pymdp; run by test_oracle.py.

Runs in its own process, with JAX as it comes, in float32, and writes one JSON object.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import jax.monitoring
import jax.numpy as jnp
import numpy as np
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Agent, Context, Place
from antiphon.models.experience import Experience
from antiphon.models.explorer import Explorer
from antiphon.models.generative import GenerativeModel
from antiphon.models.grid_world import GridWorld
from antiphon.models.profile import InferenceSettings


def settings(backend: str) -> InferenceSettings:
    precision = {"gamma": 12, "alpha": 12}
    return InferenceSettings(
        policy_length=2, selective_update_interval=2, backend=backend, **precision
    )


def compare(ours: Any, theirs: Any, observations: list[Any]) -> tuple[float, float]:
    """Give how many actions differ, and the largest difference of beliefs."""
    previous, differing, widest = None, 0.0, 0.0
    for step, seen in enumerate(observations):
        context = Context("a", round=step, previous=previous)
        action = ours.act(seen, context)
        differing += action != theirs.act(seen, context)
        widest = max(widest, float(np.abs(ours.beliefs - theirs.beliefs).max()))
        previous = Experience(step, seen, action, action, "acted", 0.0, False, False)
    return differing, widest


def pair_with_own_model(rng: np.random.Generator) -> list[Agent]:
    model = GenerativeModel(
        [rng.dirichlet(np.ones(4), size=5).T, rng.dirichlet(np.ones(3), size=5).T],
        rng.dirichlet(np.ones(5), size=(5, 3)).transpose(2, 0, 1),
        [rng.normal(size=4), rng.normal(size=3)],
    )
    return [ActiveInference(model, settings(backend)) for backend in ("numpy", "pymdp")]


def listen_for_compiling() -> list[str]:
    """Give a list that grows with whatever JAX compiles from now on."""
    heard: list[str] = []

    def listen(event: str, duration_secs: float, **about: str | int) -> None:
        if "compile" in event:
            heard.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    return heard


def main() -> None:
    """Write how far the two are apart, and how often JAX compiled when."""
    compiled = listen_for_compiling()
    rng = np.random.default_rng(7)
    pair = pair_with_own_model(rng)
    at_first = len(compiled)
    own = compare(*pair, rng.integers(3, size=(60, 2)).tolist())
    in_acts = len(compiled) - at_first
    world = GridWorld(6, agents=1)
    place = Place("agent-1", world)
    explorers = [Explorer.create(place, settings=settings(b)) for b in ("numpy", "pymdp")]
    for agent in explorers:
        agent.reset(seed=3)
    seen, _ = world.reset(seed=3)
    walk = [seen["agent-1"]]
    for action in rng.integers(5, size=40).tolist():
        seen, *_ = world.step({"agent-1": action})
        walk.append(seen["agent-1"])
    before = len(compiled)
    grid = compare(*explorers, walk)
    in_acts += len(compiled) - before
    result = {
        "differing_actions": [own[0], grid[0]],
        "beliefs": [own[1], grid[1]],
        "compiled": [float(at_first), float(in_acts)],
        "float64_outside": [float(jnp.ones(1).dtype == jnp.float64)],
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
