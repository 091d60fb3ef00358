"""What commands refuse at once, in the words that were typed, instead of when all is done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def check_counts(counts: Mapping[str, int | None]) -> None:
    """See that there is at least one of each.

    Args:
        counts: what was typed, by the word before it; None if it was not.

    Raises:
        ValueError: there is none.
    """
    for word, count in counts.items():
        if count is not None and count < 1:
            raise ValueError(f"{word} must be a whole number >= 1, got {count}")


def check_outputs(files: Mapping[str, Path | None]) -> None:
    """See that these files can be written later.

    Args:
        files: what was typed, by the word before it; None if it was not.

    Raises:
        OSError: the folder of one is not there, or it is a folder itself.
    """
    for word, file in files.items():
        if file is not None and (file.is_dir() or not file.parent.is_dir()):
            raise OSError(f"{word} must be a file in a folder that is there, got {str(file)!r}")
