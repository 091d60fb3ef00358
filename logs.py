"""Where log events go: through structlog into the standard library's loggers.

Left unconfigured, structlog prints every event to standard output. So the package gives its
own events to ``logging`` under their module's name, quiet below WARNING until somebody
configures logging, as with any other library.
"""

from __future__ import annotations

import logging
from typing import Any

import structlog


def get_logger(name: str) -> Any:
    """Give the structlog logger of a module."""
    return structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.LogfmtRenderer(key_order=["event"], bool_as_flag=False),
        ],
    )
