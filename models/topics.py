"""Topics such as ``market/oil``, patterns over them, and who hears which.

A topic is levels joined by ``/``. In a pattern, ``*`` stands for exactly one level, and ``**``
in the last place for one or more: ``market/*`` hears ``market/oil`` but not
``market/oil/brent``, ``market/**`` hears both, and neither hears ``market``.
"""

from __future__ import annotations

import re

from ..errors import TopicError

MAX_LEVELS = 16
MAX_LENGTH = 200
PATTERNS_EACH = 1_000
"""How many patterns one agent may hear by."""

_LEVEL = re.compile(r"[A-Za-z0-9._-]+")
# So many topics keep their listeners at hand; past it they are looked up anew.
_AT_HAND = 4_096


def check_topic(name: object, kind: str = "topic") -> str:
    """Return the name if it may be a topic.

    Args:
        kind: what to call it in an error; keys of the shared state keep the same rule.

    Raises:
        TopicError: it may not.
    """
    text, levels = _split(name, kind)
    for level in levels:
        if not _LEVEL.fullmatch(level):
            raise TopicError(kind, name, _level_rule(level))
    return text


def check_pattern(pattern: object) -> str:
    """Return the pattern if it is one; every topic is a pattern that means itself.

    Raises:
        TopicError: it is none.
    """
    text, levels = _split(pattern, "pattern")
    for place, level in enumerate(levels, 1):
        if level == "**" and place < len(levels):
            raise TopicError("pattern", pattern, "** may only be the last level")
        if level not in {"*", "**"} and not _LEVEL.fullmatch(level):
            raise TopicError("pattern", pattern, f"{_level_rule(level)}; or it is * or **")
    return text


class Subscriptions:
    """Who hears what: agents by id, patterns as a tree of levels.

    A topic meets only the patterns that begin as it does, however many others there are, and
    who listens to it is kept at hand until somebody subscribes. One thread at a time.
    """

    def __init__(self) -> None:
        self._patterns: dict[str, set[str]] = {}
        self._root = _Node()
        self._at_hand: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._patterns.values()))

    def patterns(self, agent_id: str) -> list[str]:
        """Give what an agent hears by, sorted."""
        return sorted(self._patterns.get(agent_id, ()))

    def subscribe(self, agent_id: str, pattern: str) -> bool:
        """Let an agent hear; False, and nothing done, if it has all the patterns it may have.

        Raises:
            TopicError: that is no pattern.
        """
        check_pattern(pattern)
        patterns = self._patterns.setdefault(agent_id, set())
        if pattern in patterns:
            return True
        if len(patterns) >= PATTERNS_EACH:
            return False
        patterns.add(pattern)
        self._root.add(pattern, agent_id)
        self._at_hand.clear()
        return True

    def unsubscribe(self, agent_id: str, pattern: str) -> None:
        """Let an agent hear no more by this pattern, if it did."""
        patterns = self._patterns.get(agent_id, set())
        if pattern not in patterns:
            return
        patterns.remove(pattern)
        if not patterns:
            del self._patterns[agent_id]
        self._root.remove(pattern, agent_id)
        self._at_hand.clear()

    def listeners(self, topic: str) -> tuple[str, ...]:
        """Give the ids of those who hear a topic, each once, sorted."""
        found = self._at_hand.get(topic)
        if found is None:
            if len(self._at_hand) >= _AT_HAND:
                self._at_hand.clear()
            found = self._at_hand[topic] = tuple(sorted(self._root.find(topic)))
        return found


class _Node:
    """A place in the tree: who is meant by the pattern that ends here, and what goes on."""

    __slots__ = ("below", "ids")

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.below: dict[str, _Node] = {}

    def add(self, pattern: str, agent_id: str) -> None:
        node = self
        for level in pattern.split("/"):
            node = node.below.setdefault(level, _Node())
        node.ids.add(agent_id)

    def remove(self, pattern: str, agent_id: str) -> None:
        """Take out what ``add`` put in, and the places that lead nowhere now."""
        levels = pattern.split("/")
        way: list[_Node] = [self]
        for level in levels:
            way.append(way[-1].below[level])
        way[-1].ids.remove(agent_id)
        for level, above in zip(reversed(levels), reversed(way[:-1]), strict=True):
            node = above.below[level]
            if node.ids or node.below:
                return
            del above.below[level]

    def find(self, topic: str) -> set[str]:
        found: set[str] = set()
        nodes: list[_Node] = [self]
        for level in topic.split("/"):
            for node in nodes:
                if rest := node.below.get("**"):
                    found |= rest.ids
            steps = (node.below.get(way) for node in nodes for way in (level, "*"))
            nodes = [node for node in steps if node]
        return found.union(*(node.ids for node in nodes))


def _split(name: object, kind: str) -> tuple[str, list[str]]:
    if not isinstance(name, str):
        raise TopicError(kind, name, "must be a string")
    if len(name) > MAX_LENGTH:
        raise TopicError(
            kind, name, f"must have at most {MAX_LENGTH} characters, got {len(name):,}"
        )
    levels = name.split("/")
    if len(levels) > MAX_LEVELS:
        raise TopicError(kind, name, f"must have at most {MAX_LEVELS} levels, got {len(levels)}")
    return name, levels


def _level_rule(level: str) -> str:
    return f"a level is letters, digits, '.', '_' and '-', at least one, got {level!r}"
