"""The order in which people expect names: agent-2 before agent-10."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DIGITS = re.compile("([0-9]+)")


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names so that the numbers in them count as numbers."""
    return sorted(names, key=_parts)


def _parts(name: str) -> list[str | tuple[int, str]]:
    """Take a name apart; every other part is a number, of perhaps more digits than int takes."""
    return [
        (len(part.lstrip("0")), part.lstrip("0")) if place % 2 else part
        for place, part in enumerate(_DIGITS.split(name))
    ]
