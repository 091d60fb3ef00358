"""A report for programs: everything in it as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .sentences import ranked
from .story import AgentStory, SocietyStory


def agent_json(story: AgentStory) -> str:
    """Give one agent's story as JSON, in ASCII, so that nothing in it does harm where printed."""
    return _text(agent_data(story))


def society_json(story: SocietyStory) -> str:
    """Give a society's story as JSON, all agents in full."""
    agents = [agent_data(one) for one in ranked(story.agents)]
    return _text({"title": story.title, "facts": dict(story.facts), "agents": agents})


def agent_data(story: AgentStory) -> dict[str, Any]:
    """Give one agent's story as JSON values."""
    return {
        "name": story.name,
        "limit": story.limit,
        "written": story.written,
        "live": story.live,
        "consolidated": story.consolidated,
        "evicted": story.evicted,
        "peak": story.peak,
        "trend": story.trend.to_dict(),
        "bytes_share": story.bytes_share,
        "sizes": [one._asdict() for one in story.sizes],
        "consolidations": [one._asdict() for one in story.consolidations],
        "kinds": [one._asdict() for one in story.kinds],
        "items_kept": story.items_kept,
        "items_made": story.items_made,
        "items": [{name: getattr(one, name) for name in one.__slots__} for one in story.items],
        "alerts": [one._asdict() for one in story.alerts],
    }


def _text(value: Any) -> str:
    return json.dumps(_finite(value), indent=2, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """Give the same with null for numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
