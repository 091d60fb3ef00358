"""A crew does a stream of jobs in several processes, and gives results as they are ready."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from antiphon.actors.workers.crew import Crew
from antiphon.errors import StoppedError, WorkerError

JOBS = """
import os, pathlib, signal, threading

def job(order):
    what, _, rest = order.decode().partition(" ")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "raise":
        raise ValueError(rest)
    if what == "read":  # waits for whoever opens the other end
        pathlib.Path(rest).read_bytes()
    if what == "free":
        pathlib.Path(rest).write_bytes(b"go")
    return f"{what} {os.getpid()}".encode()
"""

Hire = Callable[..., Crew]
FUSE = 20.0


@pytest.fixture
def hire(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hire]:
    (tmp_path / "jobs_of_a_crew.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    crews: list[Crew] = []

    def hire(size: int, **options: Any) -> Crew:
        crews.append(Crew("jobs_of_a_crew:job", size, **options))
        return crews[-1]

    yield hire
    for crew in crews:
        crew.stop()


def words(result: bytes | WorkerError) -> list[str]:
    assert isinstance(result, bytes), result
    return result.decode().split()


def test_a_job_that_takes_long_holds_nobody_up(hire: Hire, tmp_path: Any) -> None:
    os.mkfifo(gate := tmp_path / "gate")
    # The first would wait for ever if the last were not done beside it.
    jobs = [f"read {gate}", "do", "do", f"free {gate}"]
    found = dict(hire(2, patience=FUSE).results(enumerate(job.encode() for job in jobs)))
    assert {number: words(result)[0] for number, result in found.items()} == {
        0: "read",
        1: "do",
        2: "do",
        3: "free",
    }
    assert len({words(result)[1] for result in found.values()}) == 2


def test_jobs_are_asked_for_one_by_one(hire: Hire) -> None:
    asked: list[int] = []

    def jobs() -> Iterator[tuple[int, bytes]]:
        for number in range(6):
            asked.append(number)
            yield number, b"do"

    for done, _ in enumerate(hire(1).results(jobs()), 1):
        assert len(asked) <= done + 1
    assert len(asked) == 6


def test_a_job_that_fails_is_told_and_harms_no_other(hire: Hire) -> None:
    jobs = [b"do", b"raise so it is", b"die", b"do"]
    found = dict(hire(1).results(enumerate(jobs)))
    assert "so it is" in str(found[1])
    assert "signal 9" in str(found[2])
    assert words(found[0])[0] == words(found[3])[0] == "do"


def test_a_process_that_is_worn_gets_no_other_job(hire: Hire) -> None:
    crew = hire(1, worn=lambda result: result.startswith(b"tire"))
    found = [words(result) for _, result in crew.results(enumerate([b"do", b"tire", b"do"]))]
    (first, tired, last) = (pid for _, pid in found)
    assert first == tired != last


def test_a_crew_that_was_stopped_says_so(hire: Hire) -> None:
    crew = hire(1)
    crew.stop()
    with pytest.raises(StoppedError):
        next(crew.results(enumerate([b"do"])))


def test_a_crew_of_nobody_is_refused(hire: Hire) -> None:
    with pytest.raises(ValueError, match="size"):
        hire(0)
