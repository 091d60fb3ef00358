"""Says where two tellings of a round part: for which agent, and in what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...errors import DivergedError
from ...memory.store.batch import Row
from ...memory.store.columns import cell
from ...memory.store.revival import decode
from ...memory.store.values import Encoded, encode
from ...models.experience import Experience
from .lived import lives_in

_LONGEST = 60
_LIVED = ("episode", "over", *Experience._fields[1:])
_DONE = ("status", "executed")


def diverged(
    round: int, then: Sequence[Row], now: Sequence[Row], members: Sequence[str]
) -> DivergedError:
    """Give the error that names the first difference between two tellings that differ.

    Args:
        members: of the round, as it was.
    """
    now = [row._replace(value=_plain(row.value)) for row in now]
    for agent_id, what, was, is_now in _differences(then, now, members):
        return DivergedError(round, agent_id, what, _shown(was), _shown(is_now))
    return DivergedError(round, "", "what was written", _kinds(then), _kinds(now))


def done_otherwise(
    round: int, then: Sequence[Row], now: Sequence[Row], members: Sequence[str]
) -> DivergedError | None:
    """Give the error that names who did something else; None if nobody did.

    What they saw and got may differ, as it does by a last bit on another machine. Arguments as
    of ``diverged``.
    """
    now = [row._replace(value=_plain(row.value)) for row in now]
    lives = _lives(then, members), _lives(now, members)
    for agent_id, what, was, is_now in _lived(*lives, fields=_DONE):
        return DivergedError(round, agent_id, what, _shown(was), _shown(is_now))
    return None


def _plain(value: Any) -> Any:
    return decode(value) if isinstance(value, Encoded) else value


_Difference = tuple[str, str, Any, Any]


def _differences(
    then: Sequence[Row], now: Sequence[Row], members: Sequence[str]
) -> Iterator[_Difference]:
    """Give differences, what causes before what is caused."""
    was, is_now = _value(then, "members"), _value(now, "members")
    if was != is_now:
        before, after = set(was or members), set(is_now or members)
        for agent_id in sorted(before ^ after):
            yield agent_id, "membership", agent_id in before, agent_id in after
        yield "", "order of members", was, is_now
    yield from _lived(_lives(then, members), _lives(now, members))
    yield from _heard(_value(then, "events") or {}, _value(now, "events") or {})
    states = {row.agent: row.value for row in now if row.kind == "state"}
    for row in then:
        if row.kind == "state" and _differ(row.value, states.get(row.agent)):
            yield row.agent, "state", row.value, states.get(row.agent)
    was, is_now = _value(then, "world"), _value(now, "world")
    if _differ(was, is_now):
        yield "", "state of the environment", was, is_now


def _lived(
    then: Mapping[str, Any], now: Mapping[str, Any], *, fields: Sequence[str] = _LIVED
) -> Iterator[_Difference]:
    for agent_id in sorted(then.keys() & now.keys()):
        for field in fields:
            was, is_now = then[agent_id][field], now[agent_id][field]
            if _differ(was, is_now):
                yield agent_id, field, was, is_now


def _lives(rows: Iterable[Row], members: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give what everyone lived, by id and field."""
    lives: dict[str, dict[str, Any]] = {}
    names = iter(members)
    for row in rows:
        if row.kind != "lived":
            continue
        whole = {name: row.value.get(name) for name in ("episode", "over")}
        for lived, agent_id in zip(lives_in(row.value), names, strict=False):
            lives[agent_id] = {**whole, **lived._asdict()}
    return lives


def _heard(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Difference]:
    was, is_now = _inboxes(then), _inboxes(now)
    for agent_id in sorted(was.keys() | is_now.keys()):
        if _differ(was.get(agent_id), is_now.get(agent_id)):
            yield agent_id, "what was heard", was.get(agent_id), is_now.get(agent_id)
    for kind in ("missing", "away", "tardy", "back"):
        before, after = _by_agent(then.get(kind, ())), _by_agent(now.get(kind, ()))
        for agent_id in sorted(before.keys() | after.keys()):
            if before.get(agent_id) != after.get(agent_id):
                yield agent_id, kind, before.get(agent_id), after.get(agent_id)
    for kind in ("decisions", "heard", "late"):
        if _differ(then.get(kind), now.get(kind)):
            yield "", kind, then.get(kind), now.get(kind)


def _by_agent(held: Any) -> dict[str, Any]:
    """Give what is written of agents by id: of a dict, of ids, or of rows that begin with one."""
    if isinstance(held, Mapping):
        return dict(held)
    return {one: True for one in held if isinstance(one, str)} | {
        one[0]: one[1:] for one in held if not isinstance(one, str)
    }


def _inboxes(events: Mapping[str, Any]) -> dict[str, list[Any]]:
    inboxes: dict[str, list[Any]] = {}
    for deliveries in events.get("heard", ()):
        heard = iter(deliveries["heard"].tolist())
        said = deliveries["said"]
        for agent_id, count in zip(deliveries["to"], deliveries["counts"].tolist(), strict=True):
            inboxes.setdefault(agent_id, []).extend(
                {name: cell(held, place) for name, held in said.items()}
                # In this order: the one that ends first takes nothing from the other.
                for _, place in zip(range(count), heard, strict=False)
            )
    return inboxes


def _value(rows: Iterable[Row], kind: str) -> Any:
    return next((row.value for row in rows if row.kind == kind), None)


def _kinds(rows: Iterable[Row]) -> str:
    return ", ".join(row.kind for row in rows) or "nothing"


def _differ(was: Any, is_now: Any) -> bool:
    return encode(was) != encode(is_now)


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
