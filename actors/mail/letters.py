"""What lies in a mailbox."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, Final, TypeVar, cast

from pykka._envelope import Envelope

Letter = Envelope[Any]

BLANK: Final[Letter] = Envelope(None)
"""The letter with nothing in it, for a reader who should look round and not read."""
NO_LETTERS: Final = cast("deque[Letter]", ())
"""The queue of a mailbox before its first letter; a queue of its own takes 760 bytes."""

T = TypeVar("T")


def copy_of(items: Iterable[T]) -> tuple[T, ...]:
    """Copy a queue or a dict while others go on using it."""
    while True:
        try:
            return tuple(items)
        except RuntimeError:
            continue  # it changed meanwhile


def count_blanks(letters: deque[Letter]) -> int:
    """Count the blanks before the first letter."""
    count = 0
    try:
        while letters[count] is BLANK:
            count += 1
    except IndexError:
        pass
    return count


def take_behind_blanks(letters: deque[Letter]) -> Letter | None:
    """Take out the first letter that is no blank, while somebody may take the first of all."""
    while True:
        at = count_blanks(letters)
        try:
            letter = letters[at]
            # If the one before it is no blank, the front has gone since we counted.
            if letter is not BLANK and (at == 0 or letters[at - 1] is BLANK):
                letters.remove(letter)
                return letter
        except IndexError:
            return None
        except ValueError:
            continue  # somebody who closes the mailbox was first
