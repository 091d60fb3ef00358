"""How a broken rule is said."""

from __future__ import annotations

from ..actors.failures import describe


def require(kept: object, name: str, rule: str, found: str = "") -> None:
    """Raise an AssertionError that names who broke which rule, unless it was kept."""
    if not kept:
        raise breach(name, rule, found)


def breach(name: str, rule: str, found: str = "") -> AssertionError:
    """Say who broke which rule, and by what."""
    # A rule alone, with an error behind it, reads as if it were kept.
    return AssertionError(f"{name}: this rule is broken: {rule}" + (f": {found}" if found else ""))


def by_raising(name: str, rule: str, error: BaseException) -> AssertionError:
    """Say who broke which rule by raising; the error is to be chained."""
    return breach(name, rule, f"it raised {describe(error)}")
