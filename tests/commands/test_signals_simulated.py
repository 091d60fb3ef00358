"""Told to end, a run in simulated time ends in good order; told twice, at once."""

from __future__ import annotations

import signal
import subprocess
from itertools import product
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import pytest
from antiphon.cli import main
from antiphon.tests.commands.told_to_end import (
    MARKS,
    check_result,
    empty,
    end,
    end_again,
    running,
)
from antiphon.tests.society.test_deadlines import keep_time

pytestmark = MARKS

# A hang is real here: in simulated time one that hangs holds up nobody, and no signal meets it.
MINE = """
import os, threading
from antiphon import Agent

def say():
    os.write(2, b"now\\n")  # at once, for others say it too

class Hangs(Agent):
    def __init__(self, number):
        self.number = number

    @classmethod
    def create(cls, place):
        return cls(int(place.agent_id.removeprefix("hangs-")))

    def act(self, observation, context):
        if context.round != 4:
            return 0
        if ASKS and self.number > 1:
            return context.ask("hangs-1", "?")
        if HUNG and self.number == 1 and not ASKS:
            self.hang()
        elif HUNG == 0:
            say()
        return 0

    def answer(self, question, sender, context):
        if HUNG:
            self.hang()
        return 0

    def hang(self):
        # It is this wait that the signal has to end, and Python sees one that comes just
        # before a wait only when that is over.
        threading.Timer(0.2, say).start()
        while True:
            try:
                threading.Event().wait()
            except BaseException:
                if not SWALLOWS:
                    raise
                say()
"""


def hanging(
    folder: Path, *, hung: int = 1, delivery: str = "ordered", swallows: bool = False
) -> Any:
    """Run agents of which one hangs in the fourth round, when it acts or when it is asked."""
    names = f"HUNG, ASKS, SWALLOWS = {hung}, {delivery == 'immediate'}, {swallows}\n"
    return running(folder, f"{MINE}\n{names}", "simulated")


def wait_for_word(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:  # there may be a warning before it
        if line == "now\n":
            return
    pytest.fail("it is over, and nobody has said a word")


def end_a_run(folder: Path, number: signal.Signals, hung: int, delivery: str) -> float:
    """Send a signal to a run in its fourth round; give the seconds beyond the bound."""
    with hanging(folder, hung=hung, delivery=delivery) as process:
        wait_for_word(process)
        over, output, _ = end(process, number)
    if delivery == "ordered":
        assert main(["verify", str(folder / "out"), "--no-replay", "--quiet"]) == 0
    check_result(folder, output, "simulated", hung=hung)
    empty(folder)
    return over


@pytest.mark.parametrize(
    ("number", "hung", "delivery"),
    [(SIGTERM, 1, "ordered"), (SIGINT, 1, "immediate"), (SIGINT, 0, "ordered")],
)
def test_a_signal_ends_a_run_within_its_grace_though_one_hangs(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    hung: int,
    delivery: str,
) -> None:
    monkeypatch.setenv("ANTIPHON_DELIVERY", delivery)
    keep_time(lambda: end_a_run(folder, number, hung, delivery))


@pytest.mark.soak
@pytest.mark.parametrize("delivery", ["ordered", "immediate"])
@pytest.mark.parametrize("hung", [0, 1])
@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_any_signal_ends_any_run_within_its_grace(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    hung: int,
    delivery: str,
) -> None:
    monkeypatch.setenv("ANTIPHON_DELIVERY", delivery)
    for _ in range(8):
        keep_time(lambda: end_a_run(folder, number, hung, delivery))


def end_at_once(folder: Path, numbers: tuple[signal.Signals, ...]) -> float:
    """Send a second signal to a run whose agent takes no notice; give the seconds too many."""
    with hanging(folder, swallows=True) as process:
        wait_for_word(process)
        process.send_signal(numbers[0])
        wait_for_word(process)  # it has swallowed the first
        over = end_again(process, numbers[1])
    empty(folder)
    return over


SECOND = [*product((SIGINT, SIGTERM), repeat=2)]


@pytest.mark.parametrize("numbers", SECOND[1:2])
def test_a_second_signal_ends_it_at_once(folder: Path, numbers: tuple[signal.Signals, ...]) -> None:
    keep_time(lambda: end_at_once(folder, numbers))


@pytest.mark.soak
@pytest.mark.parametrize("numbers", SECOND)
def test_any_second_signal_ends_it_at_once(
    folder: Path, numbers: tuple[signal.Signals, ...]
) -> None:
    test_a_second_signal_ends_it_at_once(folder, numbers)
