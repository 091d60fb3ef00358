"""The folder of a run."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from ...forks import Home, here
from .manifest import write_json


class RunFolder:
    """Where a run's files are: a folder that is kept, or one that goes with the run.

    Attributes:
        played: the last round of the run that was played before, and is not measured again.
    """

    played = 0

    def __init__(self, out: Path | None) -> None:
        """Make the folder.

        Raises:
            FileExistsError: ``out`` has something in it; nothing is overwritten.
        """
        self.out = out
        if out is not None and (not out.name or (out.exists() and not out.is_dir())):
            raise FileExistsError(f"run folder must be a new folder, got {str(out)!r}")
        if out is None:
            self.path = Path(tempfile.mkdtemp(prefix="antiphon-"))
            weakref.finalize(self, _remove, self.path, here())
        else:
            self.path = out
            out.mkdir(parents=True, exist_ok=True)
            if any(out.iterdir()):
                raise FileExistsError(f"run folder {out} is not empty; choose another name")

    def write_manifest(self, settings: dict[str, Any], manifest: dict[str, Any]) -> None:
        """Keep what is known before the first round, if the folder is kept.

        Raises:
            StoreError: it cannot be written; StoreFullError for want of space.
        """
        self._write("settings.json", settings)
        self._write("manifest.json", manifest)

    def write_result(self, figures: dict[str, Any]) -> None:
        """Keep a run's figures, if the folder is kept; errors as ``write_manifest``."""
        self._write("result.json", figures)

    def _write(self, name: str, value: dict[str, Any]) -> None:
        if self.out is None:
            return
        from ...memory.store.failing import named  # brings SQLite, where it is wanted

        with named(self.path / name):
            write_json(self.path / name, value)


def _remove(path: Path, home: Home) -> None:
    # In a child it is still the parent's, and so is the run.
    if not home.left:
        shutil.rmtree(path, ignore_errors=True)
