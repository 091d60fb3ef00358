"""What functions work for, by where they are written and by who calls them."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.inline import InlineDispatcher
from antiphon.clock import SystemClock
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.environment import Environment
from antiphon.coordination.outcome import Outcome
from antiphon.coordination.records.trace import Trace
from antiphon.coordination.talk.correspondence import Correspondence
from antiphon.coordination.vitals.monitor import PerformanceMonitor
from antiphon.memory.episodic import EpisodicMemory
from antiphon.models.agent import Agent, Context
from antiphon.models.crowds.crowd import Crowd
from antiphon.models.explorer import Explorer
from antiphon.models.frozen import frozen
from antiphon.models.grid_world import GridWorld
from antiphon.models.kernels.numpy_kernel import NumpyKernel
from antiphon.report.profile.parts import Part, Parts

MONITOR = PerformanceMonitor(clock=SystemClock())


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class Mine(Agent):
    @wrapped
    def act(self, observation: Any, context: Context) -> int:
        return self.one + self.two()

    @property
    def one(self) -> int:
        return 1

    @staticmethod
    def two() -> int:
        return 2

    @classmethod
    def three(cls) -> int:
        return 3

    @MONITOR.measure("four")
    def four(self) -> int:
        return 4


@pytest.mark.parametrize(
    ("function", "part"),
    [
        (Explorer.act, Part.INFERENCE),
        (Crowd.act, Part.INFERENCE),
        (NumpyKernel.step, Part.INFERENCE),
        (InlineDispatcher.visit, Part.MAILBOX),
        (Correspondence.__init__, Part.MAILBOX),
        (Coordinator.on_receive, Part.COORDINATION),
        (Trace.add, Part.RECORDS),
        (EpisodicMemory.__init__, Part.MEMORY),
        (Environment.step, Part.WORLD),
        (GridWorld.step, Part.WORLD),
        (frozen, None),
        (vars(Outcome)["counts"].fget, None),
        (re.sub, None),
    ],
    ids=lambda value: getattr(value, "__qualname__", str(value)),
)
def test_a_function_belongs_to_the_room_it_is_written_in(function: Any, part: Part | None) -> None:
    assert Parts().of(function.__code__) is part


def test_the_methods_of_an_agent_are_inference_wherever_they_are_written() -> None:
    parts, others = Parts(Mine), Parts(Explorer)
    own = vars(Mine)
    functions = [
        own["act"],
        own["act"].__wrapped__,
        own["one"].fget,
        own["two"].__func__,
        own["three"].__func__,
        own["four"].__wrapped__,
    ]
    assert [parts.of(one.__code__) for one in functions] == [Part.INFERENCE] * 6
    assert [others.of(one.__code__) for one in functions] == [None] * 6


def test_what_comes_from_elsewhere_stays_where_it_belongs_in_an_agent() -> None:
    # The wrapper that measures is ours, and the same for everybody.
    assert Parts(Mine).of(vars(Mine)["four"].__code__) is Part.COORDINATION
    assert Parts(Mine).of(Counter.update.__code__) is None
    assert Parts(Mine).of("time.sleep") is None
