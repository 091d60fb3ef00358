"""Where log events go: through structlog into the standard library's loggers.

Left unconfigured, structlog prints every event to standard output. So the package gives its
own events to ``logging`` under their module's name, quiet below WARNING until somebody
configures logging, as with any other library.
"""

from __future__ import annotations

import logging
from typing import Any


class Log:
    """A module's logger; structlog is imported with the first event that somebody wants.

    Importing it takes a third of the time of the whole package, and most runs say nothing.
    """

    __slots__ = ("_bound", "_plain")

    def __init__(self, name: str) -> None:
        self._plain = logging.getLogger(name)
        self._bound: Any = None

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  as in logging
        """Whether events of this level are wanted."""
        return self._plain.isEnabledFor(level)

    def debug(self, event: str, **values: Any) -> None:
        self._say(logging.DEBUG, event, values)

    def info(self, event: str, **values: Any) -> None:
        self._say(logging.INFO, event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._say(logging.WARNING, event, values)

    def error(self, event: str, **values: Any) -> None:
        self._say(logging.ERROR, event, values)

    def _say(self, level: int, event: str, values: dict[str, Any]) -> None:
        if not self._plain.isEnabledFor(level):
            return
        if self._bound is None:
            self._bound = _bound(self._plain)
        shown = {name: _visible(value) for name, value in values.items()}
        self._bound.log(level, event, **shown)


def get_logger(name: str) -> Log:
    """Give the logger of a module."""
    return Log(name)


def _visible(value: Any) -> Any:
    """Give a text as it may stand in one line of a log: what cannot be seen is spelt out."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in value
    )


def _bound(logger: logging.Logger) -> Any:
    import structlog  # see Log

    return structlog.wrap_logger(
        logger,
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.LogfmtRenderer(key_order=["event"], bool_as_flag=False),
        ],
    )
