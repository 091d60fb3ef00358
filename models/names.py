"""The rule for agent ids, and how other people's names become ids."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import AgentIdError

PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
RULE = "must match [a-z0-9][a-z0-9._-]{0,63}"


def check_id(agent_id: object) -> str:
    """Return the id if it keeps the rule.

    Raises:
        AgentIdError: it does not.
    """
    if not isinstance(agent_id, str) or not PATTERN.fullmatch(agent_id):
        raise AgentIdError(agent_id, RULE)
    return agent_id


def map_names(names: Iterable[object]) -> dict[object, str]:
    """Give every name an id: itself where it keeps the rule, else the nearest that does.

    Names are never merged: a second one that maps to a taken id gets a number.
    """
    names = list(names)
    ids: dict[object, str] = {
        name: name for name in names if isinstance(name, str) and PATTERN.fullmatch(name)
    }
    taken = set(ids.values())
    for name in names:
        if name not in ids:
            ids[name] = _free(_nearest(name), taken)
            taken.add(ids[name])
    return {name: ids[name] for name in names}


def _nearest(name: object) -> str:
    text = re.sub(r"[^a-z0-9._-]+", "-", str(name).lower()).lstrip("._-")
    return (text or "agent")[:64]


def _free(stem: str, taken: set[str]) -> str:
    if stem not in taken:
        return stem
    number = 2
    while (candidate := f"{stem[:58]}-{number}") in taken:
        number += 1
    return candidate
