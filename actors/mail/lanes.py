"""The letters of a crowded mailbox: a lane for each sender, read in turn."""

from __future__ import annotations

from _thread import allocate_lock
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import NamedTuple

from .dead_letters import Reason
from .handling import THE_KERNEL, handling_of
from .letters import Letter, copy_of
from .mailbox_rules import MailboxRules
from .shares import Shares


class Gone(NamedTuple):
    """A letter that was taken out and will not be read."""

    letter: Letter
    reason: Reason


_Kind = tuple[Hashable, type, str]
"""Sender, type and topic: of such letters only the newest is read."""


def _kind(sender: Hashable, message: object) -> _Kind:
    topic = getattr(message, "topic", "")
    # Anybody's message may have something else by this name.
    return sender, type(message), topic if isinstance(topic, str) else ""


class Lanes:
    """Sorts letters by sender and gives one of each in turn, control messages before all.

    Each sender's letters come out in the order in which they went in. Whoever changes anything
    here holds the lock, and hands back what is gone when it has let go of it.
    """

    __slots__ = ("_control", "_lanes", "_newest", "_rules", "_shares", "lock", "room")

    def __init__(self, rules: MailboxRules) -> None:
        self.lock = allocate_lock()
        self.room = rules.room
        """How many more letters there is room for."""
        self._rules = rules
        self._control: deque[Letter] = deque()
        # By sender; the first lane is the next in turn, and none is empty.
        self._lanes: OrderedDict[Hashable, deque[Letter]] = OrderedDict()
        # The letter that is the newest of its kind.
        self._newest: dict[_Kind, Letter] = {}
        # Made when there is no room for the first time: only then anybody asks.
        self._shares: Shares | None = None

    def waiting(self) -> int:
        """Count the letters; anybody may ask, the lock in hand or not."""
        return len(self._control) + sum(map(len, copy_of(self._lanes.values())))

    def is_empty(self) -> bool:
        return not (self._lanes or self._control)

    def add(self, letter: Letter) -> Gone | None:
        """Take a letter in; give the one that has to go for it, which may be itself."""
        message = letter.message
        handling = handling_of(message)
        if handling.control:
            self._control.append(letter)
            return None
        sender = handling.sender_of(message)
        gone = None
        if handling.newest_only and _kind(sender, message) in self._newest:
            return self._replace(sender, letter)
        if not self.room and sender is not THE_KERNEL:
            gone = self._make_room(sender, letter)
            if gone.letter is letter:
                return gone
        if handling.newest_only:
            self._newest[_kind(sender, message)] = letter
        lane = self._lanes.get(sender)
        if lane is None:
            self._lanes[sender] = lane = deque()
        lane.append(letter)
        if sender is not THE_KERNEL:
            self.room -= 1
            if self._shares is not None:
                self._shares.raised(sender, len(lane))
        return gone

    def _replace(self, sender: Hashable, letter: Letter) -> Gone:
        """Take a letter in for the one of its kind that waits."""
        kind = _kind(sender, letter.message)
        outdated = self._newest[kind]
        lane = self._lanes[sender]
        # In a flood of such letters the last one is it.
        if lane[-1] is outdated:
            lane.pop()
        else:
            lane.remove(outdated)
        lane.append(letter)
        self._newest[kind] = letter
        return Gone(outdated, Reason.CONFLATED)

    def _make_room(self, sender: Hashable, letter: Letter) -> Gone:
        overflow = self._rules.overflow
        largest = self._largest(sender)
        if overflow.turns_away(self._share(sender), self._share(largest)):
            return Gone(letter, overflow.reason)
        lane = self._lanes[largest]
        gone = lane.popleft() if overflow.oldest else lane.pop()
        self._took(largest, lane, gone)
        return Gone(gone, overflow.reason)

    def _share(self, sender: Hashable) -> int:
        lane = self._lanes.get(sender)
        return 0 if lane is None else len(lane)

    def _largest(self, preferred: Hashable) -> Hashable:
        """Give the sender of whom most letters wait; the preferred one if it is equal."""
        if self._shares is None:
            self._shares = Shares({s: x for s, x in self._lanes.items() if s is not THE_KERNEL})
        return self._shares.largest(preferred)

    def take(self) -> Letter | None:
        """Give the letter that is next in turn; None if there is none."""
        if self._control:
            return self._control.popleft()
        for sender, lane in self._lanes.items():
            letter = lane.popleft()
            self._lanes.move_to_end(sender)
            self._took(sender, lane, letter)
            return letter
        return None

    def _took(self, sender: Hashable, lane: deque[Letter], letter: Letter) -> None:
        if not lane:
            del self._lanes[sender]
        if sender is not THE_KERNEL:
            self.room += 1
            if self._shares is not None:
                self._shares.lowered(sender, len(lane))
        if self._newest:
            kind = _kind(sender, letter.message)
            if self._newest.get(kind) is letter:
                del self._newest[kind]

    def letters(self) -> list[Letter]:
        """Give all letters, each sender's in their order."""
        return [*self._control, *(letter for lane in self._lanes.values() for letter in lane)]
