"""The frames of a run, row by row from its journal: who did what, and what was said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ...memory.store.columns import cell
from ...models.outbox import OUTSIDE, Phase
from ..outcome import Status
from .history import Entry, History
from .lived import lives_in
from .spoken import as_it_was

Record = tuple[Any, ...]

AGENTS: Mapping[str, type] = {
    "step": int, "agent": str, "round": int, "episode": int, "status": str, "observation": str,
    "intended": str, "action": str, "reward": float, "terminated": bool, "truncated": bool,
}  # fmt: skip
MODEL: Mapping[str, type] = {
    "step": int, "round": int, "episode": int, "members": int,
    **{str(status): int for status in Status},
    "reward": float, "late": int, "episode_over": bool,
}  # fmt: skip
MESSAGES: Mapping[str, type] = {
    "step": int, "agent": str, "sender": str, "said_in": int, "phase": str, "number": int,
    "kind": str, "name": str, "payload": str, "cause": str,
}  # fmt: skip


class Told(NamedTuple):
    """One step of a run, with the number that it has in the run's tables."""

    step: int
    members: list[str]
    entry: Entry


def steps(history: History) -> Iterator[Told]:
    """Give the steps of a run, from the first."""
    members: list[str] = []
    step = 0
    for entry in history.entries():
        members = entry.value("members") or members
        # A round that was cut short is no step.
        if any(row.kind == "lived" for row in entry.rows):
            step += 1
            yield Told(step, members, entry)


def agents_rows(told: Told) -> Iterator[Record]:
    """Give one row for each member of a step."""
    values = told.entry.values("lived")
    lives = chain.from_iterable(map(lives_in, values))
    episode = values[0]["episode"]
    for agent_id, lived in zip(told.members, lives, strict=True):
        yield (
            told.step, agent_id, told.entry.round, episode, str(lived.status),
            text(lived.observation), text(lived.intended), text(lived.executed),
            None if lived.reward is None else float(lived.reward),
            bool(lived.terminated), bool(lived.truncated),
        )  # fmt: skip


def model_rows(told: Told) -> Iterator[Record]:
    """Give the one row of a step."""
    values = told.entry.values("lived")
    lives = list(chain.from_iterable(map(lives_in, values)))
    counts = Counter(str(lived.status) for lived in lives)
    rewards = dict(zip(told.members, (lived.reward for lived in lives), strict=True))
    # In the order of ids, so that the sum has one value.
    reward = sum(float(rewards[agent_id] or 0.0) for agent_id in sorted(rewards))
    events = told.entry.value("events") or {}
    yield (
        told.step, told.entry.round, values[0]["episode"], len(lives),
        *(counts[str(status)] for status in Status),
        reward, events.get("late", 0), bool(values[0].get("over", False)),
    )  # fmt: skip


def message_rows(told: Told) -> Iterator[Record]:
    """Give one row for each message that somebody heard; nobody's are written for all to read."""
    for deliveries in (told.entry.value("events") or {}).get("heard", ()):
        said, heard = deliveries["said"], iter(deliveries["heard"].tolist())
        for agent_id, count in zip(deliveries["to"], deliveries["counts"].tolist(), strict=True):
            for _, place in zip(range(count), heard, strict=False):
                yield told.step, agent_id, *_parcel(said, place)
        for place in deliveries["written"].tolist():
            yield told.step, "", *_parcel(said, place)


def _parcel(said: Mapping[str, Any], place: int) -> Record:
    one = {name: cell(held, place) for name, held in said.items()}
    phase = Phase(one["phase"]).name.lower()
    payload = one["payload"]
    if one["sender"] == OUTSIDE:
        payload = as_it_was(payload)
    return (
        one["sender"], one["round"], phase, one["number"], one["kind"], one["name"],
        text(payload), one["cause"],
    )  # fmt: skip


class Frame(NamedTuple):
    """One kind of rows."""

    columns: Mapping[str, type]
    rows: Callable[[Told], Iterator[Record]]
    keys: tuple[str, ...]


FRAMES: Mapping[str, Frame] = {
    "agents": Frame(AGENTS, agents_rows, ("step", "agent")),
    "model": Frame(MODEL, model_rows, ("step",)),
    "messages": Frame(MESSAGES, message_rows, ("step", "agent")),
}


def text(value: Any) -> str:
    """Give a value as JSON."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return repr(value)
