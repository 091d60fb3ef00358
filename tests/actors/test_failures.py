"""What is said of an error to people: where the agent's own code raised it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from antiphon.actors import failures
from antiphon.actors.failures import describe, log_traceback, place_of, shown
from antiphon.actors.once import OncePerRound
from antiphon.errors import RestartError

PACKAGE = Path(failures.__file__).parents[1]
KERNEL = str(PACKAGE / "actors" / "agent_actor.py")
OUTBOX = str(PACKAGE / "models" / "outbox.py")
INSTALLED = "/venv/lib/python3.12/site-packages/theirs/agent.py"
PYTHONS = str(Path(os.__file__).parent / "json" / "decoder.py")


def raised_through(*files: str, error: BaseException | None = None) -> BaseException:
    """An error that has passed a frame in each of these files, the outermost first, line 2."""
    thrown = error or ValueError("no map")

    def throw() -> None:
        raise thrown

    # The innermost frame is that of this file, which is one of the kernel's for once.
    call: Callable[[], Any] = _in_file(KERNEL, throw)
    for file in reversed(files):
        call = _in_file(file, call)
    try:
        call()
    except Exception as caught:  # noqa: BLE001  whatever was thrown
        return caught.with_traceback(_without_ours(caught))
    raise AssertionError


def _in_file(file: str, call: Callable[[], Any]) -> Callable[[], Any]:
    names: dict[str, Any] = {"call": call}
    exec(compile("def go():\n    call()\n", file, "exec"), names)
    go: Callable[[], Any] = names["go"]
    return go


def _without_ours(error: BaseException) -> Any:
    steps = list(_steps(error))
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        step.tb_next = after
    return steps[0]


def _steps(error: BaseException) -> Iterator[Any]:
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename != __file__:
            yield step
        step = step.tb_next


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ([KERNEL, "/me/agent.py", "/me/maps.py"], "/me/maps.py:2"),
        ([KERNEL, "/me/agent.py", PYTHONS, PYTHONS], "/me/agent.py:2"),
        ([KERNEL, "/me/agent.py", "/me/.venv/lib/site-packages/numpy/linalg.py"], "/me/agent.py:2"),
        ([KERNEL, "/me/agent.py", OUTBOX], "/me/agent.py:2"),
        ([KERNEL, "/me/agent.py", str(PACKAGE / "society.py"), KERNEL], "/me/agent.py:2"),
        ([KERNEL, "/me/agent.py", "<frozen importlib._bootstrap>"], "/me/agent.py:2"),
        ([KERNEL, "<stdin>"], "<stdin>:2"),
        # An agent out of a package: where that begins, and not what it calls.
        ([KERNEL, INSTALLED, PYTHONS], f"{INSTALLED}:2"),
        ([KERNEL, str(PACKAGE / "examples" / "a.py"), OUTBOX], f"{PACKAGE}/examples/a.py:2"),
        ([KERNEL, OUTBOX], f"{OUTBOX}:2"),
        # It was called with the wrong arguments, and never began.
        ([KERNEL], ""),
    ],
)
def test_the_place_is_the_innermost_line_of_the_agents_own(files: list[str], place: str) -> None:
    assert place_of(raised_through(*files)) == place


def test_the_place_of_an_error_of_the_kernels_is_that_of_what_it_comes_from() -> None:
    cause = raised_through(KERNEL, "/me/agent.py")
    own = RestartError("a", "create", "it raised")
    own.__cause__ = cause
    assert place_of(own) == "/me/agent.py:2"
    assert place_of(raised_through(KERNEL, error=own)) == "/me/agent.py:2"
    assert place_of(RestartError("a", "create", "it raised")) == ""


def test_people_are_shown_the_place_and_what_runs_are_compared_by_has_none() -> None:
    error = raised_through(KERNEL, "/me/agent.py")
    assert shown(error) == "ValueError: no map (/me/agent.py:2)"
    assert describe(error) == "ValueError: no map"
    assert shown(ValueError("no map")) == "ValueError: no map"


def test_what_is_shown_is_one_short_printable_line_and_the_place_is_never_cut_off() -> None:
    long = ValueError("\x1b[2J\nred\r\n" + "alert" * 1000)
    line = shown(raised_through(KERNEL, "/me/\x1b[31m/agent.py", error=long))
    assert line.isprintable()
    assert line.endswith(" (/me/ [31m/agent.py:2)")
    assert len(line) < 600


def test_a_traceback_is_logged_once_for_each_agent_place_and_type_of_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    once = OncePerRound()
    errors = [
        raised_through(KERNEL, "/me/agent.py"),
        raised_through(KERNEL, "/me/agent.py", error=KeyError("no map")),
        raised_through(KERNEL, "/me/agent.py", "/me/maps.py"),
    ]
    with caplog.at_level(logging.DEBUG, logger="antiphon"):
        for _ in range(3):
            for error in errors:
                log_traceback("a", error, once)
            log_traceback("b", errors[0], once)
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"event=agent.raised agent={who!r}" for who in "aaab"]
    assert caplog.text.count('File "/me/maps.py", line 2, in go') == 1


def test_no_traceback_is_made_where_nobody_reads_it(caplog: pytest.LogCaptureFixture) -> None:
    once = OncePerRound()
    with caplog.at_level(logging.INFO, logger="antiphon"):
        log_traceback("a", raised_through(KERNEL, "/me/agent.py"), once)
    with caplog.at_level(logging.DEBUG, logger="antiphon"):
        log_traceback("a", ValueError("never raised"), once)
    assert caplog.records == []
