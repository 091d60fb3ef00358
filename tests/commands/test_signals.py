"""Told to end, a command ends in good order; told twice, at once."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import pytest
from antiphon.cli import main
from antiphon.commands.signals import Signals
from antiphon.coordination.ensemble import Ensemble
from antiphon.coordination.environment import Environment
from antiphon.coordination.records.folder import RunFolder
from antiphon.coordination.records.metrics import Metrics
from antiphon.coordination.roster import Roster
from antiphon.coordination.vitals.machine import Machine
from antiphon.society import Society
from antiphon.tests.commands.told_to_end import (
    AGENTS,
    MARKS,
    check_result,
    empty,
    end,
    end_again,
    running,
)
from antiphon.tests.society.cast import DISPATCHERS, FUSE
from antiphon.tests.society.test_deadlines import keep_time, python

pytestmark = MARKS

SWALLOWS = "antiphon.tests.commands.cast:Swallows"
LISTENS = "antiphon.tests.commands.cast:Listens"
HANGING_AGENT = """
import os, sys, threading
from antiphon import Agent

def say():
    os.write(2, b"now\\n")  # at once, for others say it too

class Hangs(Agent):
    def __init__(self, hangs):
        self.hangs = hangs

    @classmethod
    def create(cls, place):
        return cls(int(place.agent_id.removeprefix("hangs-")) <= HUNG)

    def reset(self, seed=None):
        if AT_START:
            self.hang()

    def act(self, observation, context):
        if context.round == 4 and self.hangs:
            self.hang()
        elif context.round == 4 and HUNG == 0:
            say()
        return 0

    def hang(self):
        # Inline it is this wait that the signal has to end, and Python sees one that comes
        # just before a wait only when that is over.
        if sys.argv[-1] == "inline":
            threading.Timer(0.2, say).start()
        else:
            say()
        threading.Event().wait()
"""


@pytest.fixture(autouse=True)
def _handlers_are_as_before() -> Iterator[None]:
    numbers = (SIGINT, SIGTERM, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def hanging(folder: Path, dispatcher: str, *, hung: int = AGENTS, at_start: bool = False) -> Any:
    """Run agents of which so many hang, in their fourth round or when they start."""
    names = f"HUNG, AT_START = {hung}, {at_start}\n"
    return running(folder, f"{HANGING_AGENT}\n{names}", dispatcher)


def wait_until_they_hang(process: subprocess.Popen[str], *, times: int) -> None:
    assert process.stderr is not None
    for _ in range(times):
        assert process.stderr.readline() == "now\n"


def end_a_run(folder: Path, dispatcher: str, number: signal.Signals, hung: int) -> float:
    """Send a signal to a run in its fourth round; give the seconds beyond the bound."""
    says = 1 if dispatcher == "inline" else hung or AGENTS
    with hanging(folder, dispatcher, hung=hung) as process:
        wait_until_they_hang(process, times=says)
        over, output, _ = end(process, number)
    check_result(folder, output, dispatcher, hung=hung)
    empty(folder)
    return over


@pytest.mark.parametrize(
    ("dispatcher", "number", "hung"),
    [
        ("threaded", SIGTERM, AGENTS),
        ("threaded", SIGINT, 0),
        ("pooled", SIGINT, AGENTS),
        ("pooled", SIGTERM, 1),
        ("inline", SIGTERM, 1),
        ("inline", SIGINT, 0),
    ],
)
def test_a_signal_ends_a_run_within_its_grace_however_many_hang(
    folder: Path, dispatcher: str, number: signal.Signals, hung: int
) -> None:
    keep_time(lambda: end_a_run(folder, dispatcher, number, hung))


@pytest.mark.soak
@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize(
    ("dispatcher", "number", "hung"),
    [*product(DISPATCHERS, (SIGINT, SIGTERM), (0, 1, AGENTS))],
)
def test_any_signal_ends_any_run_within_its_grace(
    folder: Path, dispatcher: str, number: signal.Signals, hung: int, attempt: int
) -> None:
    keep_time(lambda: end_a_run(folder, dispatcher, number, hung))


def end_at_once(folder: Path, dispatcher: str, numbers: tuple[signal.Signals, ...]) -> float:
    """Send a second signal to a run that waits for its agents; give the seconds too many."""
    with hanging(folder, dispatcher) as process:
        wait_until_they_hang(process, times=AGENTS)
        process.send_signal(numbers[0])
        assert process.stdout is not None
        # It prints before it waits for its agents.
        assert process.stdout.readline().startswith("interrupted after 3 rounds")
        over = end_again(process, numbers[1])
    empty(folder)
    return over


SECOND = [*product(("threaded", "pooled"), product((SIGINT, SIGTERM), repeat=2))]


@pytest.mark.parametrize(("dispatcher", "numbers"), [SECOND[0], SECOND[-1]])
def test_a_second_signal_ends_it_at_once(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    dispatcher: str,
    numbers: tuple[signal.Signals, ...],
) -> None:
    monkeypatch.setenv("ANTIPHON_GRACE", "60")
    keep_time(lambda: end_at_once(folder, dispatcher, numbers))


@pytest.mark.soak
@pytest.mark.parametrize(("dispatcher", "numbers"), SECOND)
def test_any_second_signal_ends_it_at_once(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    dispatcher: str,
    numbers: tuple[signal.Signals, ...],
) -> None:
    test_a_second_signal_ends_it_at_once(folder, monkeypatch, dispatcher, numbers)


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_a_start_that_hangs_is_ended_too(folder: Path, dispatcher: str) -> None:
    def attempt() -> float:
        with hanging(folder, dispatcher, at_start=True) as process:
            wait_until_they_hang(process, times=1)
            over, _, errors = end(process, SIGTERM)
        assert errors == "antiphon: interrupted\n"
        empty(folder)
        return over

    keep_time(attempt)


WHILE_IT_LOADS = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path, target=None):
        if name == LATE:
            try:
                os.kill(os.getpid(), NUMBER)
            except BaseException:
                pass

sys.meta_path.insert(0, Finder())
from antiphon.cli import main
sys.exit(main(["agents", "list"]))
"""


@pytest.mark.parametrize("late", ["numpy", "antiphon.society"])
@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_a_signal_while_it_still_loads_is_no_traceback(late: str, number: int) -> None:
    code = WHILE_IT_LOADS.replace("LATE", repr(late)).replace("NUMBER", str(int(number)))
    with python("-c", code) as process:
        output, errors = process.communicate(timeout=FUSE)
    assert (output, errors) == ("", "antiphon: interrupted\n")
    assert process.returncode == 128 + number


def run(*words: str) -> int:
    return main(["run", "--agents", "3", "--dispatcher", "inline", "--quiet", *words])


def result(out: Path) -> Any:
    return json.loads((out / "result.json").read_text(encoding="utf-8"))


def signalled(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, number: int, *, at: int = 1
) -> None:
    """Have a signal come just before the call of a method."""
    method, calls = getattr(owner, name), iter(range(1, 1_000_000))

    def call(*arguments: Any, **keywords: Any) -> Any:
        if next(calls) == at:
            signal.raise_signal(number)
        return method(*arguments, **keywords)

    monkeypatch.setattr(owner, name, call)


@pytest.mark.parametrize(
    ("owner", "name"), [(Environment, "__init__"), (Roster, "enter"), (Ensemble, "__init__")]
)
def test_before_the_first_round_there_is_nothing_to_sum_up(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    owner: type,
    name: str,
) -> None:
    signalled(monkeypatch, owner, name, SIGTERM)
    assert run("--steps", "1000000") == 143
    assert capsys.readouterr() == ("", "antiphon: interrupted\n")


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_a_round_that_is_being_written_down_is_written_down_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    # By then its trace has been written, and its figures have not.
    signalled(monkeypatch, Metrics, "add", number, at=4)
    assert run("--steps", "1000000", "--out", str(tmp_path / "cut")) == 128 + number
    cut = result(tmp_path / "cut")
    assert cut["interrupted"] is True
    assert cut["outcomes"] == {"acted": 3 * cut["rounds"]}
    assert run("--steps", str(cut["rounds"]), "--out", str(tmp_path / "whole")) == 0
    for figure in ("trace", "events", "outcomes", "reward_mean"):
        assert cut[figure] == result(tmp_path / "whole")[figure]


@pytest.mark.parametrize(
    ("owner", "name"), [(RunFolder, "write_result"), (Society, "stop"), (Metrics, "add")]
)
def test_a_run_that_is_over_when_the_signal_comes_is_finished(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    owner: type,
    name: str,
) -> None:
    signalled(monkeypatch, owner, name, SIGTERM)
    assert run("--steps", "1", "--out", str(tmp_path / "out")) == 143
    assert result(tmp_path / "out")["interrupted"] is False
    assert "finished 1 round of 3 agents" in capsys.readouterr().out


def test_nobody_has_to_hear_how_it_ended_before_a_signal_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    went_on = []

    def busy(ensemble: Ensemble) -> tuple[str, ...]:
        # The first thing that is asked; then it waits for everyone, as long as a round may take.
        signal.raise_signal(SIGTERM)
        went_on.append(True)
        return ()

    monkeypatch.setattr(Ensemble, "busy", busy)
    words = ["--type", LISTENS, "--episodes", "1", "--world", "max_steps=2"]
    assert run(*words, "--out", str(tmp_path / "out")) == 143
    assert went_on == []
    assert result(tmp_path / "out")["interrupted"] is False
    assert "finished 2 rounds of 3 agents" in capsys.readouterr().out


def test_an_interrupt_that_an_agent_swallows_comes_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = time.monotonic()
    assert run("--type", SWALLOWS, "--agents", "1", "--steps", "100") == 143
    assert time.monotonic() - before < FUSE
    assert "interrupted after 2 rounds of 1 agent" in capsys.readouterr().out


class Finalized:
    def __init__(self, free: Callable[[], None]) -> None:
        self.free = free

    def __del__(self) -> None:
        self.free()


def by_its_own_method(free: Callable[[], None]) -> object:
    return Finalized(free)


def by_a_weak_reference(free: Callable[[], None]) -> object:
    thing = Finalized(lambda: None)
    weakref.finalize(thing, free)
    return thing


@pytest.mark.parametrize("finalized", [by_its_own_method, by_a_weak_reference])
def test_a_finalizer_is_left_to_end(finalized: Callable[[Callable[[], None]], object]) -> None:
    went_on = []

    def free() -> None:
        signal.raise_signal(SIGTERM)
        before = time.monotonic()
        while time.monotonic() - before < 0.25:  # several looks
            pass
        went_on.append(True)

    with Signals() as signals:
        signals.loaded(whole=(), open=())
        things = [finalized(free)]

        def work() -> None:
            things.clear()
            threading.Event().wait(FUSE)

        with pytest.raises(KeyboardInterrupt):
            work()
    # An exception that is lost in a finalizer fails the test.
    assert went_on == [True]


def test_any_other_command_ends_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    signalled(monkeypatch, Machine, "here", SIGTERM)
    assert main(["doctor"]) == 143
    assert capsys.readouterr() == ("", "antiphon: interrupted\n")


@pytest.mark.parametrize(
    "words",
    [
        "profile --type random --agents 2 --steps 5 --quiet",
        "bench coordination --env grid-world --type random --agents 2 --dispatcher inline",
    ],
)
def test_a_run_within_another_command_is_none_to_sum_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    signalled(monkeypatch, Ensemble, "play", SIGINT, at=3)
    assert main(words.split()) == 130
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("antiphon: interrupted\n")


def test_a_baseline_that_is_interrupted_leaves_the_run_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In the third round of its twin.
    signalled(monkeypatch, Ensemble, "play", SIGINT, at=13)
    assert run("--steps", "10", "--baseline", "--out", str(tmp_path / "out")) == 130
    figures = result(tmp_path / "out")
    assert (figures["rounds"], figures["interrupted"], figures["speedup"]) == (10, False, None)
    assert "finished 10 rounds of 3 agents" in capsys.readouterr().out


def test_what_was_ignored_stays_ignored() -> None:
    signal.signal(SIGINT, signal.SIG_IGN)
    with Signals():
        assert signal.getsignal(SIGINT) is signal.SIG_IGN
        assert signal.getsignal(SIGTERM) not in (signal.SIG_IGN, signal.SIG_DFL)


def test_a_command_that_ends_by_itself_leaves_signals_as_they_were() -> None:
    before = signal.getsignal(SIGINT), signal.getsignal(SIGTERM)
    assert main([]) == 0
    assert (signal.getsignal(SIGINT), signal.getsignal(SIGTERM)) == before


def test_a_terminal_has_its_cursor_back_though_it_ended_at_once() -> None:
    ours, theirs = pty.openpty()
    code = WHILE_IT_LOADS.replace("LATE", "'numpy'").replace("NUMBER", "signal.SIGINT")
    with os.fdopen(ours, "rb", buffering=0) as terminal, os.fdopen(theirs, "wb"):
        done = subprocess.run(
            [sys.executable, "-c", code], stderr=theirs, timeout=FUSE, check=False
        )
        said = terminal.read(100)
    assert done.returncode == 130
    assert said.endswith(b"\x1b[?25h")
