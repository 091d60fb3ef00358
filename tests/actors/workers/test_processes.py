"""A worker process: what it is given comes back done, or with a word about why not."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from antiphon.actors.workers.frames import LARGEST, read_frame
from antiphon.actors.workers.processes import WorkerProcess
from antiphon.errors import ForkedError, StoppedError, WorkerError

FUSE = 20.0

JOBS = """
import os, signal, sys, threading

def job(order):
    what, _, rest = order.decode().partition(" ")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "leave":
        os._exit(3)
    if what == "exit":
        sys.exit("bye")
    if what == "raise":
        raise ValueError(rest)
    if what == "hang":
        threading.Event().wait()
    if what == "print":
        print(rest)
        os.write(1, b"more of it")
    if what == "large":
        return b"x" * int(rest)
    if what == "main":
        return sys.modules["__main__"].__dict__.get("MARK", "none").encode()
    return f"{what} {os.getpid()}".encode()
"""

Hire = Callable[..., WorkerProcess]


@pytest.fixture
def hire(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hire]:
    (tmp_path / "jobs_of_a_test.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    workers: list[WorkerProcess] = []

    def hire(**options: Any) -> WorkerProcess:
        workers.append(WorkerProcess("jobs_of_a_test:job", **options))
        return workers[-1]

    yield hire
    for worker in workers:
        worker.stop()


def test_no_process_is_started_before_there_is_a_job(hire: Hire) -> None:
    before = threading.active_count()
    worker = hire()
    assert worker.pid is None
    assert threading.active_count() == before


def test_jobs_are_done_in_order_by_one_other_process(hire: Hire) -> None:
    worker = hire()
    answers = [worker.submit(b"do-%d" % n) for n in range(5)]
    said = [answer.get(timeout=FUSE).decode().split() for answer in answers]
    assert [what for what, _ in said] == [f"do-{n}" for n in range(5)]
    assert {int(pid) for _, pid in said} == {worker.pid}
    assert worker.pid != os.getpid()
    assert worker.statistics().done == worker.statistics().jobs == 5
    assert worker.statistics().started == 1


def test_jobs_and_results_may_be_larger_than_a_pipe(hire: Hire) -> None:
    worker = hire()
    answers = [worker.submit(b"large 300000 " + b" " * 300_000) for _ in range(4)]
    assert [len(answer.get(timeout=FUSE)) for answer in answers] == [300_000] * 4


def test_what_a_job_prints_is_not_taken_for_its_result(hire: Hire) -> None:
    worker = hire()
    assert worker.submit(b"print hello").get(timeout=FUSE).startswith(b"print ")
    assert worker.submit(b"do").get(timeout=FUSE).startswith(b"do ")


@pytest.mark.parametrize(
    ("order", "why"),
    [(b"raise so it is", "ValueError: so it is"), (b"exit", "SystemExit: bye")],
)
def test_a_job_that_raises_fails_alone(hire: Hire, order: bytes, why: str) -> None:
    worker = hire()
    answer, after = worker.submit(order), worker.submit(b"do")
    with pytest.raises(WorkerError, match=why):
        answer.get(timeout=FUSE)
    assert after.get(timeout=FUSE).startswith(b"do ")
    assert worker.statistics().started == 1


@pytest.mark.parametrize(("order", "why"), [(b"die", "signal 9"), (b"leave", "exit code 3")])
def test_a_process_that_dies_fails_the_job_in_hand_and_no_other(
    hire: Hire, order: bytes, why: str
) -> None:
    worker = hire()
    before, answer, after = (worker.submit(job) for job in (b"do", order, b"do"))
    first = before.get(timeout=FUSE)
    with pytest.raises(WorkerError, match=why):
        answer.get(timeout=FUSE)
    assert after.get(timeout=FUSE) != first
    assert worker.statistics().started == 2


def test_a_process_that_is_killed_between_two_jobs_fails_one_at_most(hire: Hire) -> None:
    worker = hire()
    worker.submit(b"do").get(timeout=FUSE)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerError):
        worker.submit(b"do").get(timeout=FUSE)
    assert worker.submit(b"do").get(timeout=FUSE).startswith(b"do ")


def test_a_job_that_takes_too_long_is_given_up_and_its_process_killed(hire: Hire) -> None:
    worker = hire(patience=2.0)
    worker.submit(b"do").get(timeout=FUSE)
    pid = worker.pid
    with pytest.raises(WorkerError, match="not done within 2 s"):
        worker.submit(b"hang").get(timeout=FUSE)
    assert not psutil.pid_exists(pid or 0)
    assert worker.submit(b"do").get(timeout=FUSE).startswith(b"do ")


def test_a_stop_ends_the_process_at_once_and_answers_every_job(hire: Hire) -> None:
    worker = hire()
    worker.submit(b"do").get(timeout=FUSE)
    pid = worker.pid
    answers = [worker.submit(job) for job in (b"hang", b"do", b"do")]
    worker.stop()
    assert not psutil.pid_exists(pid or 0)
    answers.append(worker.submit(b"do"))
    for answer in answers:
        with pytest.raises(StoppedError):
            answer.get(timeout=FUSE)
    worker.stop()


def test_a_function_that_is_not_there_is_said_of_each_job(hire: Hire) -> None:
    worker = WorkerProcess("no.such.module:job")
    try:
        for _ in range(2):
            with pytest.raises(WorkerError, match="No module named 'no'"):
                worker.submit(b"do").get(timeout=FUSE)
    finally:
        worker.stop()


def test_what_says_that_it_is_larger_than_any_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="at most"):
        read_frame(io.BytesIO((LARGEST + 1).to_bytes(8, "little")))
    assert read_frame(io.BytesIO(b"\x05\0\0\0\0\0\0\0four")) is None


SCRIPT = """
import os, signal, sys
MARK = "ran again"
print("ran", flush=True)
from antiphon.actors.workers.processes import WorkerProcess
worker = WorkerProcess("jobs_of_a_test:job")
print(worker.submit(b"main").get().decode(), worker.pid, flush=True)
worker.submit(b"hang")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_script_is_not_run_again_and_its_death_ends_the_worker(hire: Hire, tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=env, timeout=FUSE,
        check=False,
    )  # fmt: skip
    # Its end closes the pipe only when the worker, which has its other end, has ended too.
    ran, said = done.stdout.splitlines()
    assert (ran, said.split()[0]) == ("ran", "none")
    assert done.returncode == -signal.SIGKILL
    psutil.wait_procs([psutil.Process(pid) for pid in pids(said.split()[1])], timeout=FUSE)
    assert pids(said.split()[1]) == []


def pids(pid: str) -> list[int]:
    return [int(pid)] if psutil.pid_exists(int(pid)) else []


def test_a_worker_of_the_parent_is_refused_in_a_child_by_fork(hire: Hire) -> None:
    worker = hire()
    worker.submit(b"do").get(timeout=FUSE)
    child = os.fork()
    if child == 0:
        try:
            worker.submit(b"do")
        except ForkedError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert worker.submit(b"do").get(timeout=FUSE).startswith(b"do ")


@pytest.mark.parametrize("patience", [0.0, -1.0, float("nan")])
def test_a_patience_that_is_none_is_refused(patience: float) -> None:
    with pytest.raises(ValueError, match="patience must be > 0"):
        WorkerProcess("jobs_of_a_test:job", patience=patience)
