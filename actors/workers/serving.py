"""What a worker process does: one job after another, until nobody is there to give it any."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import IO, Any

from ..failures import describe
from .frames import read_frame, write_frame


def serve(target: str) -> None:
    """Call a function for each job on the standard input; its results go to the output.

    Args:
        target: ``package.module:function``.
    """
    # The one whose worker this is ends it; Ctrl-C is for that one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs, results = sys.stdin.buffer, _keep_output_to_ourselves()
    waiting: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(jobs, waiting), name="jobs", daemon=True).start()
    function: Callable[[bytes], bytes] | None = None
    while True:
        job = waiting.get()
        try:
            function = function or _load(target)
            said = b"+" + function(job)
        except BaseException as error:  # a job that would end the process ends itself alone
            said = b"-" + describe(error).encode(errors="replace")
        write_frame(results, said)


def _read(jobs: IO[bytes], waiting: SimpleQueue[bytes]) -> None:
    """Take jobs in; when no more can come, the process ends, whatever it is about."""
    while (job := read_frame(jobs)) is not None:
        waiting.put(job)
    os._exit(0)


def _keep_output_to_ourselves() -> IO[bytes]:
    """Give the pipe for results; whatever is printed goes to the standard error from now on."""
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return results


def _load(target: str) -> Callable[[bytes], bytes]:
    module, _, name = target.partition(":")
    found: Any = getattr(importlib.import_module(module), name)
    function: Callable[[bytes], bytes] = found
    return function
