"""A dict that nobody can change any more."""

from __future__ import annotations

from typing import Any, NoReturn


class FrozenDict(dict[str, Any]):
    """Reads, compares and writes as JSON like the dict it was made from, and stays as it is.

    Its copies, shallow or deep, and whatever ``|`` makes of it are plain dicts again.
    """

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("what was sent cannot be changed; change a copy, dict(it)")

    __setitem__ = __delitem__ = _refuse
    clear = pop = popitem = __ior__ = _refuse
    setdefault = update = _refuse  # pyright: ignore[reportAssignmentType]  # overloads, none of which it keeps

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
