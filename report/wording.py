"""Numbers and texts as a reader sees them, the same on a page and in a terminal."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from ..memory.ranges import Ranges

_RANGES = 6
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def visible(text: str, *, lines: bool = False) -> str:
    """Give a text in which nothing hides: no control, no override of direction, no half character.

    Args:
        lines: whether the text may be of several lines; else their ends become spaces.
    """
    if text.isprintable():
        return text
    return "".join(_visible(char, lines=lines) for char in text)


def _visible(char: str, *, lines: bool) -> str:
    if char.isprintable():
        return char
    if char == "\n" and lines:
        return char
    if char in "\n\t" or unicodedata.category(char) == "Zs":
        return " "
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def cut(text: str, longest: int) -> str:
    """Give the text, or as much of it as there is room for, and three dots."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def count(number: int, one: str, many: str = "") -> str:
    """Give a number of things, as in 1 item and 2 items."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def times(number: int) -> str:
    """Give how often, as in once and 2 times."""
    return "once" if number == 1 else f"{number:,} times"


def unit_of(held: float) -> tuple[float, str]:
    """Give the unit in which so many bytes are told, in bytes, and its name."""
    power = 0
    while abs(held) >= 1024 ** (power + 1) and power < len(_UNITS) - 1:
        power += 1
    return 1024.0**power, _UNITS[power]


def size(held: float) -> str:
    """Give a number of bytes, as in 1.5 KiB."""
    unit, name = unit_of(held)
    return f"{held / unit:,.0f} {name}" if unit == 1 else f"{held / unit:,.1f} {name}"


def figure(number: float) -> str:
    """Give a number to three digits."""
    return f"{number:.3g}" if math.isfinite(number) else str(number)


def share(part: float | None) -> str:
    """Give a share, as in 25 %."""
    return "no share" if part is None else f"{part:.0%}".replace("%", " %")


def ranges(members: Ranges) -> str:
    """Give ranges of sequences, as in #1-#40, #42; a few of many."""
    parts = [
        f"#{first:,}" if first == last else f"#{first:,}-#{last:,}"
        for first, last in members[:_RANGES]
    ]
    if len(members) > _RANGES:
        parts.append(f"and {len(members) - _RANGES:,} more ranges")
    return ", ".join(parts)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Give a few of many names, as in a, b and 3 more."""
    if len(names) <= most:
        return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"
