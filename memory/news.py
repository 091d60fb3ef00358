"""What has become of the experiences of a society since somebody asked last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .consolidation import Consolidated
from .ranges import Ranges
from .remembered import Remembered
from .tombstones import Reason


class Gone(NamedTuple):
    """Experiences of one agent that were evicted."""

    agent_id: str
    reason: Reason
    ranges: Ranges


@dataclass(slots=True)
class News:
    """What has changed since somebody asked last; for whoever keeps it."""

    lived: dict[str, Remembered] = field(default_factory=dict)
    """The latest experience of each agent that had one."""
    evicted: list[Gone] = field(default_factory=list)
    replaced: list[Consolidated] = field(default_factory=list)
