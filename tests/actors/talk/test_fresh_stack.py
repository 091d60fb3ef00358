"""A call on a stack of its own is the call, with as much room again."""

from __future__ import annotations

import sys
import threading

import pytest
from antiphon.actors.talk.fresh_stack import on_a_fresh_stack


def deep(levels: int) -> int:
    return levels if levels == 0 else deep(levels - 1)


def half_way_down(levels: int) -> int:
    if levels:
        return half_way_down(levels - 1)
    return on_a_fresh_stack(lambda: deep(sys.getrecursionlimit() // 2))


def test_the_caller_waits_for_what_the_call_gives() -> None:
    ran_on: list[threading.Thread] = []

    def call() -> str:
        ran_on.append(threading.current_thread())
        return "answer"

    assert on_a_fresh_stack(call) == "answer"
    assert ran_on != [threading.current_thread()]


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit(3), KeyboardInterrupt()])
def test_what_the_call_raises_is_raised_here(error: BaseException) -> None:
    def call() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        on_a_fresh_stack(call)
    assert caught.value is error


def test_it_has_room_where_the_callers_stack_has_not() -> None:
    levels = sys.getrecursionlimit() // 2
    with pytest.raises(RecursionError):
        deep(2 * levels)
    assert half_way_down(levels - 200) == 0


def test_where_the_system_gives_no_thread_the_caller_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start"):
        on_a_fresh_stack(int)
