"""How a broken rule is said."""

from __future__ import annotations


def require(kept: object, name: str, rule: str, found: str = "") -> None:
    """Raise an AssertionError that names who broke which rule, unless it was kept."""
    if not kept:
        raise AssertionError(f"{name}: {rule}" + (f": {found}" if found else ""))
