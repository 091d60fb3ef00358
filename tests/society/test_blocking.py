"""An agent that says that it waits for something lets another act meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import antiphon as ap
import pytest
from antiphon.models.agent import Context
from antiphon.tests.society.cast import FUSE
from antiphon.tests.society.talking_cast import ALL, society_of, step


def test_while_one_waits_the_pool_calls_another_at_once() -> None:
    came = threading.Event()

    def wait(context: Context) -> int:
        with ap.blocking():
            return came.wait(FUSE)

    def come(context: Context) -> int:
        came.set()
        return 1

    acts = {"a": wait, "b": come}
    # One worker, and no watch that would bring in another because the process idles.
    settings: dict[str, Any] = {"dispatcher": "pooled", "pool_initial": 1, "pool_interval": 1e6}
    with society_of(acts, **settings) as society:
        assert step(society).actions == {"a": True, "b": 1}


@pytest.mark.parametrize("dispatcher", ALL)
def test_it_may_be_said_anywhere_and_lets_pass_what_is_raised(dispatcher: str) -> None:
    def act(context: Context) -> int:
        with ap.blocking(), ap.blocking():
            pass
        if context.agent_id == "b":
            with ap.blocking():
                raise ValueError("no line")
        return 1

    with society_of(dict.fromkeys("abc", act), dispatcher=dispatcher) as society:
        for _ in range(3):
            outcome = step(society)
            assert outcome.status == {"a": "acted", "b": "crashed", "c": "acted"}
            assert str(outcome.errors["b"]) == "no line"
    with ap.blocking():
        pass
