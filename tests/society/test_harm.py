"""What one agent does harms nobody else.

Which agent misbehaves, how and when is the test's; the others must not notice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.rollout import Step
from antiphon.models.agent import Context
from antiphon.models.grid_world import GridWorld
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Dice, Does, Ring, Unspeakable, Witness
from gymnasium.spaces import Box


class Villain:
    """Misbehaves at every nth call."""

    def __init__(self, how: Callable[[], Any], nth: int) -> None:
        self.how = how
        self.nth = nth
        self.calls = 0

    def __call__(self, seen: Any, context: Context) -> Any:
        self.calls += 1
        return self.how() if self.calls % self.nth == 0 else self.calls % 4


def raises(error: BaseException) -> Callable[[], Any]:
    def misbehave() -> Any:
        raise error

    return misbehave


MISDEEDS: dict[str, tuple[Callable[[], Any], str]] = {
    "raises": (raises(ValueError("why")), "crashed"),
    "exits": (raises(SystemExit(3)), "crashed"),
    "raises what cannot be printed": (raises(Unspeakable()), "crashed"),
    "is outside its space": (lambda: 99, "rejected"),
    "is far outside": (lambda: 2**80, "rejected"),
    "is of a wrong type": (lambda: "left", "rejected"),
    "is nothing": (lambda: None, "rejected"),
    "is an object": (object, "rejected"),
    "is an array": (lambda: np.full(3, np.nan), "rejected"),
}


def with_villain(
    act: Callable[..., Any], *, steps: int, then: Any = None, **settings: Any
) -> Witness:
    """Play six agents in one ring, across the end of an episode; one acts as it is told."""
    witness = Witness(then or (lambda step: None))
    others = [f"other-{n}" for n in range(5)]
    world = Ring([*others[:2], "villain", *others[2:]], length=9)
    with Society(world, seed=3, tables=False, **settings) as society:
        society.add(Does, ids=["villain"], act=act)
        society.add(Dice)
        witness.summary = society.run(steps, progress=witness).summary()
    return witness


def hold_others_to_a_control_run(witness: Witness, steps: int, dispatcher: str) -> None:
    executed = {e.round: e.executed for e in (s.experiences["villain"] for s in witness.steps)}
    control = with_villain(
        lambda seen, context: executed[context.round], steps=steps, dispatcher=dispatcher
    )
    for agent_id, rows in witness.everybody().items():
        if agent_id != "villain":
            assert rows == control.rows(agent_id)
    others = [row[2] for i, rows in control.everybody().items() for row in rows if i != "villain"]
    assert set(others) == {"acted"}


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_what_an_agent_answers_or_raises_harms_nobody_else(
    misdeed: str, nth: int, dispatcher: str
) -> None:
    how, status = MISDEEDS[misdeed]
    witness = with_villain(Villain(how, nth), steps=14, dispatcher=dispatcher)
    statuses = [row[2] for row in witness.rows("villain")]
    assert statuses == [status if n % nth == 0 else "acted" for n in range(1, 15)]
    assert f"failing      villain: {status} {14 // nth}" in witness.summary
    hold_others_to_a_control_run(witness, 14, dispatcher)


def test_a_control_run_notices_a_single_other_action() -> None:
    witness = with_villain(Villain(lambda: 99, 2), steps=14, dispatcher="inline")
    experiences: Any = witness.steps[2].experiences
    lived = experiences["villain"]
    experiences["villain"] = lived._replace(executed=(lived.executed + 1) % 4)
    with pytest.raises(AssertionError):
        hold_others_to_a_control_run(witness, 14, "inline")


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("rounds_away", [0, 3])
def test_an_agent_that_is_late_or_hangs_until_released_harms_nobody_else(
    rounds_away: int, nth: int, dispatcher: str, let_go: threading.Event
) -> None:
    def hang() -> int:
        let_go.wait(FUSE)
        return 1

    def come_back(step: Step) -> None:
        # Released when the round that it missed has closed, or some rounds later.
        if step.number == nth + rounds_away:
            let_go.set()

    villain = Villain(hang, nth)
    witness = with_villain(villain, steps=14, then=come_back, timeout=1.0, dispatcher=dispatcher)
    statuses = [row[2] for row in witness.rows("villain")]
    assert statuses[: nth + rounds_away] == [
        *["acted"] * (nth - 1),
        "timed_out",
        *["busy"] * rounds_away,
    ]
    assert sum(step.outcome.late for step in witness.steps) <= 1
    hold_others_to_a_control_run(witness, 14, dispatcher)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_run_inline_too_long_in_act_is_a_time_out_and_costs_nobody_else_time(nth: int) -> None:
    clock = ManualClock(100.0)
    villain = Villain(lambda: clock.advance(2.0), nth)
    witness = with_villain(villain, steps=14, dispatcher="inline", timeout=1.0, clock=clock)
    statuses = [row[2] for row in witness.rows("villain")]
    assert statuses == ["timed_out" if n % nth == 0 else "acted" for n in range(1, 15)]
    hold_others_to_a_control_run(witness, 14, "inline")


def test_nobody_can_write_into_what_stands_in_for_others() -> None:
    class Boxes(Ring):
        def action_space(self, agent: str) -> Any:
            return Box(-1.0, 1.0, (2,), np.float64)

        def step(self, actions: Mapping[str, Any]) -> Any:
            self.all = [*getattr(self, "all", []), {i: a.copy() for i, a in actions.items()}]
            return super().step(dict.fromkeys(actions, 0))

    def deface(seen: Any, context: Context) -> Any:
        if context.previous is not None:
            context.previous.executed[:] = 1.0

    world = Boxes()
    for how in ({"on_missing": "noop"}, {"on_missing": "default", "default_action": np.zeros(2)}):
        with Society(world, tables=False, **how) as society:
            society.add(Does, act=deface)
            assert society.run(4).outcomes["crashed"] == 9
    assert all(not action.any() for joint in world.all for action in joint.values())


@pytest.mark.parametrize("answer", [True, np.bool_(False)])
def test_a_truth_value_is_no_action_though_gymnasium_lets_it_pass(answer: Any) -> None:
    with Society(GridWorld(size=5)) as society:
        society.add(Does, n=1, act=lambda *_: answer)
        society.add("random", n=1)
        run = society.run(3)
    assert run.outcomes == {"acted": 3, "rejected": 3}
