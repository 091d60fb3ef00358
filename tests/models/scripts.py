"""Comparisons with pymdp run as scripts in processes of their own: JAX starts threads."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import antiphon
import pytest

FUSE = 900.0

needs_pymdp = pytest.mark.skipif(
    importlib.util.find_spec("pymdp") is None, reason="needs the extra 'pymdp'"
)


def written_by(script: Path, *arguments: object, **environment: str) -> Any:
    """Run a script; give the JSON object that it writes."""
    # The package may be found through a path of pytest's own making.
    path = os.pathsep.join([str(Path(antiphon.__file__).parent.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=FUSE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_float64(script: Path, *arguments: object) -> Any:
    """As ``written_by``, with JAX in float64."""
    return written_by(script, *arguments, JAX_ENABLE_X64="1")
