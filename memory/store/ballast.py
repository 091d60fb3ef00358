"""A file that does nothing but take up space, so that there is some to give when a disk is full."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...logs import get_logger

SIZE = 1 << 20

log = get_logger(__name__)


class Ballast:
    """The ballast of a store; on a full disk even deleting from a database takes space."""

    __slots__ = ("_path", "_size")

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size

    @property
    def is_there(self) -> bool:
        return self._path.exists() and self._path.stat().st_size == self._size

    def stow(self) -> bool:
        """Take it on board if there is ample space; whether it is there now."""
        if self.is_there:
            return True
        if not self._has_room():
            return False
        try:
            self._fill()
        except OSError as error:
            log.warning("ballast.failed", path=str(self._path), error=str(error))
            self._path.unlink(missing_ok=True)
        return self.is_there

    def _has_room(self) -> bool:
        return shutil.disk_usage(self._path.parent).free >= 2 * self._size

    def _fill(self) -> None:
        with self._path.open("wb") as file:
            # Written, for a file with a hole takes up none.
            file.write(bytes(self._size))
            file.flush()
            os.fsync(file.fileno())

    def drop(self) -> bool:
        """Throw it overboard; whether there was any."""
        if not self.is_there:
            return False
        self._path.unlink()
        return True
