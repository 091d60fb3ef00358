"""Modules of this folder in processes of their own, where nothing else takes memory or time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import WorkError


def elsewhere(module: str, *words: object) -> Any:
    """Run a module of this folder in a new process, and give the JSON value that it prints."""
    done = subprocess.run(  # noqa: S603  our own
        _command(module, *words), env=_environment(), stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


@contextmanager
def serving(module: str) -> Iterator[Any]:
    """Keep a module of this folder running; give the JSON value on its first line.

    It is killed at the end. Should this process die first, the end of its input tells it.

    Raises:
        WorkError: it ended before it said anything.
    """
    with subprocess.Popen(  # noqa: S603  our own
        _command(module), env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            if not (line := process.stdout.readline()):
                raise WorkError(module, "it did not start")
            yield json.loads(line)
        finally:
            process.kill()


def _command(module: str, *words: object) -> list[str]:
    return [sys.executable, "-P", "-m", f"{__package__}.{module}", *map(str, words)]


def _environment() -> dict[str, str]:
    """Let it find the same packages as this process, however those were found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
