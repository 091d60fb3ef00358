"""Measuring in a process of its own, where nothing else takes memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def elsewhere(module: str, *words: object) -> Any:
    """Run a module of this folder in a new process, and give the JSON value that it prints."""
    command = [sys.executable, "-P", "-m", f"{__package__}.{module}", *map(str, words)]
    # It is to find the same packages as this process, however those were found.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)  # noqa: S603  our own
    return json.loads(done.stdout)
