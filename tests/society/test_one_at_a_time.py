"""One round is open at a time: who calls for another meanwhile is told so, and nothing waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from antiphon.errors import AntiphonError, RoundOpenError
from antiphon.models.agent import Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, FUSE, Does, Ring

EVERYWHERE = [*DISPATCHERS, "simulated"]
CALLS: dict[str, Callable[[Society], object]] = {
    "step": lambda society: society.step({"a": 0}),
    "run": lambda society: society.run(1),
    "run on threads": lambda society: society.run(1, parallelize=True),
}


@pytest.mark.parametrize("dispatcher", EVERYWHERE)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_agent_that_calls_for_a_round_is_refused_and_answers_on(
    call: Callable[[Society], object], dispatcher: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused: list[AntiphonError] = []

    def act(seen: Any, context: Context) -> int:
        with pytest.raises(RoundOpenError, match="call for the next one when it has closed") as why:
            call(society)
        refused.append(why.value)
        return 1

    with Society(Ring(), dispatcher=dispatcher, timeout=FUSE, tables=False) as society:
        society.add(Does, ids=["a"], act=act)
        society.add(Does)
        assert society.run(2).outcomes == {"acted": 6}
        assert society.step({"a": 0}).actions == {"a": 1}
    assert [error.round for error in refused if isinstance(error, RoundOpenError)] == [1, 2, 3]
    assert "actor.failed" not in caplog.text


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_so_is_another_thread_and_a_refused_run_leaves_nothing(
    dispatcher: str, let_go: threading.Event, tmp_path: Path
) -> None:
    inside = threading.Event()

    def act(seen: Any, context: Context) -> int:
        inside.set()
        assert let_go.wait(FUSE)
        return 1

    with Society(Ring(), dispatcher=dispatcher, timeout=FUSE, tables=False) as society:
        society.add(Does, act=act)
        driver = threading.Thread(target=society.run, args=[1])
        driver.start()
        assert inside.wait(FUSE)
        for call in CALLS.values():
            with pytest.raises(RoundOpenError):
                call(society)
        with pytest.raises(RoundOpenError):
            society.run(1, out=tmp_path / "r")
        assert not (tmp_path / "r").exists()
        let_go.set()
        driver.join(FUSE)
        assert society.run(1).outcomes == {"acted": 3}
