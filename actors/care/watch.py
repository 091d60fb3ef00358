"""Who wants to hear of whose death."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Died:
    """Heard by whoever watches an agent: it is dead and never comes back."""

    agent_id: str
    reason: str


class Watchers:
    """Tells each watch once: when the watched one dies, or at once if it is dead.

    A restart is no death. The dead watch nobody. One owner uses this, on one thread.
    """

    def __init__(self, tell: Callable[[str, Died], None]) -> None:
        """Start with everybody alive.

        Args:
            tell: takes the id of a watcher and what it is to hear.
        """
        self._tell = tell
        self._watchers: dict[str, set[str]] = {}
        self._watched: dict[str, set[str]] = {}
        self._dead: dict[str, Died] = {}

    def watch(self, watcher: str, watched: str) -> None:
        """Have a watcher told of a death; to watch twice is to watch once.

        Raises:
            ValueError: it is its own.
        """
        if watcher == watched:
            raise ValueError(f"nobody hears of its own death: {watcher} cannot watch itself")
        if watcher in self._dead:
            return
        if watched in self._dead:
            self._tell(watcher, self._dead[watched])
            return
        self._watchers.setdefault(watched, set()).add(watcher)
        self._watched.setdefault(watcher, set()).add(watched)

    def unwatch(self, watcher: str, watched: str) -> None:
        """Forget a watch, if there is one."""
        _take(self._watchers, watched, watcher)
        _take(self._watched, watcher, watched)

    def died(self, agent_id: str, reason: str) -> None:
        """Take word of a death; a second one changes nothing. Watchers hear it in id order."""
        if agent_id in self._dead:
            return
        died = self._dead[agent_id] = Died(agent_id, reason)
        for watched in self._watched.pop(agent_id, ()):
            _take(self._watchers, watched, agent_id)
        # All is forgotten before anybody is told: whoever hears may watch again.
        watchers = sorted(self._watchers.pop(agent_id, ()))
        for watcher in watchers:
            _take(self._watched, watcher, agent_id)
        for watcher in watchers:
            self._tell(watcher, died)


def _take(sets: dict[str, set[str]], key: str, member: str) -> None:
    """Take a member out of one of the sets; no empty set stays."""
    members = sets.get(key)
    if members is not None:
        members.discard(member)
        if not members:
            del sets[key]
