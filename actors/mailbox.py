"""Where an actor's messages wait."""

from __future__ import annotations

import sys
from _thread import LockType, allocate_lock
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from typing import Any

from ..logs import get_logger
from .mail.counts import Counts
from .mail.dead_letters import DeadLetter, Reason
from .mail.handling import PLAIN, handling_of, sender_of
from .mail.lanes import Gone, Lanes
from .mail.letters import BLANK, NO_LETTERS, Letter, copy_of, count_blanks, take_behind_blanks
from .mail.mailbox_rules import UNBOUNDED, MailboxRules
from .mail.returns import error_of, give_back, is_waited_for, refuse
from .turn import new_turn
from .workers.pace import Pace

__all__ = ["BLANK", "FEW", "Letter", "Mailbox", "refuse"]

log = get_logger(__name__)

FEW = 8
"""So many letters are read in the order in which they came, whoever sent them."""
_FENCE = (BLANK, BLANK)
_NOBODY = (None, None)


class Mailbox:
    """A queue that can be closed for good without stranding a letter.

    Any thread may put; one reader at a time gets. A few letters, or any number from one
    sender, are read in the order in which they came. In a crowd one letter of each sender is
    read in turn, and when there is no more room, one of those goes who sent most.

    No thread holds the lanes of a crowd while it does anything that may take long or come
    back here, and those who put never wait for them.
    """

    __slots__ = (
        "_asleep",
        "_closed",
        "_notify",
        "_quiet",
        "_sole",
        "baton",
        "bell",
        "dead",
        "handled",
        "lanes",
        "letters",
        "owner",
        "pace",
        "rules",
        "sent",
        "turn",
    )

    bell: LockType

    def __init__(self, owner: Any = None, rules: MailboxRules = UNBOUNDED) -> None:
        self.owner = owner
        """Whose it is, for whoever is told of letters."""
        self.rules = rules
        """To be changed only while it is empty."""
        self.letters = NO_LETTERS
        """In the order in which they came; something is in it as long as anything waits."""
        self.lanes: Lanes | None = None
        """Letters that were sorted; None unless there is a crowd."""
        self.turn = new_turn()
        """Held while the owner waits to be run or is run, by dispatchers that share threads."""
        self.sent = 0
        """How many letters have been put."""
        self.handled = 0
        """How many of them the owner has taken in hand; counted by whoever hands them over."""
        self.dead = 0
        """How many of them were handed back."""
        self._closed = False
        # With more letters than this, put() has more to do than to add one. Whoever gives it
        # more to do lowers this; the reader alone raises it.
        self._quiet = 1
        # Of whom all letters were when they were last looked at, and a type of messages of
        # which every one is like that. Together, so that no thread sees half of it.
        self._sole: tuple[Hashable, type | None] = _NOBODY
        # Holds one thing while the reader sleeps; whoever takes it out wakes the reader. Most
        # readers never sleep, and have neither this nor the bell, which is rung to wake them.
        self._asleep: list[bool] | None = None
        self.baton = 0
        self.pace: Pace | None = None
        """Decides when a sleeping reader is woken; None for at once."""
        self._notify: Callable[[Mailbox], object] | None = None

    @property
    def notify(self) -> Callable[[Mailbox], object] | None:
        """Told of each letter, by dispatchers whose readers do not wait in ``get``.

        To be changed while nobody reads.
        """
        return self._notify

    @notify.setter
    def notify(self, notify: Callable[[Mailbox], object] | None) -> None:
        self._notify = notify
        if notify is not None:
            self._quiet = -1

    def queue(self) -> deque[Letter]:
        """Give ``letters`` as they are to stay: most mailboxes of a crowd never get a letter."""
        if self.letters is NO_LETTERS:
            # Before the line below: either may run a finalizer, and that put a letter here.
            made: deque[Letter] = deque()
            owner = self.owner if hasattr(self.owner, "letters") else self
            # One line without a call, as in put(): the first one's queue stands. The owner's
            # before ours: who finds ours puts a letter for who runs the owner.
            owner.letters = self.letters = made if self.letters is NO_LETTERS else self.letters
        return self.letters

    def put(self, letter: Letter, /) -> None:
        """Add a letter; never blocks. What cannot be read is handed back with an error."""
        letters = self.letters
        if letters is NO_LETTERS:
            letters = self.queue()
        letters.append(letter)
        # Done by one thread at a time, as any line in which nothing is called.
        self.sent += 1
        # First append, then look: with close() and a reader that lies down doing it the other
        # way round, one of the two sees every letter.
        if len(letters) > self._quiet:
            if len(letters) > 1 or self.lanes is not None or self._closed:
                self._attend(letter)
            elif self._notify is not None:
                self._notify(self)
            else:
                self._ring()

    def _attend(self, letter: Letter) -> None:
        """Do what a letter calls for besides being kept."""
        if self._closed:
            self._refuse_all()
            return
        waiting = len(self.letters)
        if self.lanes is not None:
            self._keep_sorted(letter.message, waiting)
        # Of most types it is known that all of them come after one another.
        elif type(letter.message) is not self._sole[1] or waiting > self.rules.room:
            self._look_for_a_crowd(letter.message, waiting)
        if self._notify is not None:
            self._notify(self)
        elif self._asleep:
            self._ring()

    def _look_for_a_crowd(self, message: Any, waiting: int) -> None:
        if self._makes_a_crowd(message, waiting):
            self._crowd()
            self._keep_sorted(message, waiting)

    def _keep_sorted(self, message: Any, waiting: int) -> None:
        lanes = self.lanes
        if handling_of(message).newest_only:
            self._sort_beyond(0)
        elif lanes is not None and waiting > lanes.room:
            self._sort_beyond()

    def _ring(self) -> None:
        """Wake the reader if it sleeps and nobody has woken it."""
        if self._claim():
            if self.pace is None:
                self.bell.release()
            else:
                self.pace.ring(self)

    def _makes_a_crowd(self, message: Any, waiting: int) -> bool:
        """Whether the order in which letters came is no longer that in which to read them."""
        handling = handling_of(message)
        if handling.control or handling.newest_only or waiting > self.rules.room:
            return True
        sender = handling.sender_of(message)
        if waiting > FEW and sender != self._sole[0]:
            others = (other.message for other in copy_of(self.letters) if other is not BLANK)
            if any(sender_of(other) != sender for other in others):
                return True
        self._sole = sender, type(message) if handling is PLAIN else None
        return False

    def _crowd(self) -> None:
        lanes = Lanes(self.rules)
        # Done by one thread at a time, as above: the first one's lanes stand.
        self.lanes = lanes if self.lanes is None else self.lanes

    def _sort_beyond(self, most: int = sys.maxsize) -> None:
        """Sort the letters if there are too many, and hand back those that have to go.

        Whoever finds the lanes in use leaves it to whoever uses them, who looks again.

        Args:
            most: how many may be left unsorted even if there is room for them.
        """
        while (
            (lanes := self.lanes) is not None
            and len(self.letters) - count_blanks(self.letters) > min(lanes.room, most)
            and lanes.lock.acquire(blocking=False)
        ):
            try:
                gone = self._sort_aside(lanes) if self.lanes is lanes else []
            finally:
                lanes.lock.release()
            self._hand_back(gone)
        if self._closed:
            self._refuse_all()

    def _sort_aside(self, lanes: Lanes) -> list[Gone]:
        """Sort letters while the reader may be about to take the first one.

        A reader that saw no lanes just before there were any takes one more from the front.
        What it finds there is to be a blank, else it would overtake what is sorted; and one
        more blank tells afterwards that something waits.
        """
        blanks = count_blanks(self.letters)
        if blanks < len(_FENCE):
            self.letters.extendleft(_FENCE)
        gone = []
        for _ in range(len(self.letters) - blanks):
            letter = take_behind_blanks(self.letters)
            if letter is not None and (victim := lanes.add(letter)) is not None:
                gone.append(victim)
        return gone

    def get(self, timeout: float | None = None) -> Letter:
        """Take the next letter.

        Args:
            timeout: seconds; None waits for ever, 0 does not wait.

        Returns:
            BLANK when the time is up or somebody called ``wake``, and now and then when it is
            worth calling again.
        """
        if not self.letters:
            if timeout is not None and timeout <= 0:
                return BLANK
            self._sleep(timeout)
        if self.lanes is not None:
            return self._next_in_turn(self.lanes)
        try:
            return self.letters.popleft()
        except IndexError:
            return BLANK

    def _next_in_turn(self, lanes: Lanes) -> Letter:
        with lanes.lock:
            if self.lanes is not lanes:
                return BLANK  # closed meanwhile
            gone = self._sort(lanes)
            letter = lanes.take()
            if lanes.is_empty():
                self._disperse()
        if gone:
            self._hand_back(gone)
        if self._closed or len(self.letters) > lanes.room:
            self._sort_beyond()
        return BLANK if letter is None else letter

    def _sort(self, lanes: Lanes) -> list[Gone]:
        letters = self.letters
        gone: list[Gone] = []
        try:
            if len(letters) == 1 and letters[0] is BLANK:
                return gone
            for _ in range(len(letters)):
                letter = letters.popleft()
                if letter is not BLANK and (victim := lanes.add(letter)) is not None:
                    gone.append(victim)
        except IndexError:
            pass  # closed meanwhile
        # Something is to be in there as long as there is something in the lanes.
        letters.append(BLANK)
        return gone

    def _disperse(self) -> None:
        """Go back to the order in which letters come."""
        self.lanes = None
        with suppress(ValueError):  # closed meanwhile
            self.letters.remove(BLANK)
        # Who put these may still have counted on lanes.
        if len(self.letters) > 1:
            self._crowd()

    def _sleep(self, timeout: float | None) -> None:
        if self.baton:
            self.rest()
        self.queue()  # who sleeps here is going to read
        if self._asleep is None:
            self.bell = allocate_lock()
            self.bell.acquire()
            self._asleep = []
        self._asleep.append(True)
        self._quiet = -1
        # First lie down, then look: put() and close() do it the other way round. If somebody
        # has claimed the right to wake us, the bell will ring.
        if not ((self.letters or self._closed) and self._claim()) and (
            timeout is None or (not self.bell.acquire(timeout=timeout) and not self._claim())
        ):
            self.bell.acquire()
        self._quiet = 1 if self._notify is None else -1
        if self._closed:
            # Perhaps just now, and what came in between was not told.
            self._quiet = -1
            self._refuse_all()

    def _claim(self) -> bool:
        """Take the right to wake the reader; whether it was there to take."""
        if not self._asleep:
            return False
        try:
            return self._asleep.pop()
        except IndexError:
            return False

    def rest(self) -> None:
        """Hand the baton on; for a reader that will not read for a while."""
        baton, self.baton = self.baton, 0
        if baton and self.pace is not None:
            self.pace.pass_on(baton)

    def empty(self) -> bool:
        return not self.letters

    def wake(self) -> None:
        """Make a waiting reader return from ``get``, whatever the pace."""
        self.queue().append(BLANK)
        if self._claim():
            self.bell.release()

    def close(self) -> None:
        """Refuse what waits and all that will come; a waiting reader returns."""
        self._closed = True
        self._quiet = -1
        self._refuse_all()
        if self._claim():
            self.bell.release()

    def _refuse_all(self) -> None:
        while self.letters:
            try:
                letter = self.letters.popleft()
            except IndexError:
                break  # somebody else was quicker
            if letter is not BLANK:
                self._bury(letter, Reason.CLOSED)
        # Whoever holds the lanes now looks whether the mailbox is closed when it lets go.
        while (lanes := self.lanes) is not None and lanes.lock.acquire(blocking=False):
            try:
                left = lanes.letters() if self.lanes is lanes else []
                self.lanes = None
            finally:
                lanes.lock.release()
            for letter in left:
                self._bury(letter, Reason.CLOSED)

    def _hand_back(self, gone: Iterable[Gone]) -> None:
        for letter, reason in gone:
            self._bury(letter, reason)

    def _bury(self, letter: Letter, reason: Reason) -> None:
        """Give up a letter, and tell whoever waits for an answer to it, or takes note."""
        # One line, as in put().
        self.dead += 1
        if is_waited_for(letter):
            give_back(letter, error_of(reason, self.name, self.rules.capacity))
        if self.rules.dead_letters is not None:
            sender = sender_of(letter.message)
            named = sender if isinstance(sender, str) else None
            self.rules.dead_letters.record(DeadLetter(letter.message, reason, self.name, named))
        elif letter.reply_to is None:
            kind = type(letter.message).__name__
            log.info("message.undelivered", message=kind, reason=str(reason))

    @property
    def name(self) -> str:
        """The owner's."""
        return str(getattr(self.owner, "name", ""))

    def waiting(self) -> int:
        """Count the letters that nobody has read."""
        if self.lanes is None and not self.letters:
            return 0  # at once: somebody may ask 200,000 of them
        # What is being sorted meanwhile goes this way: counted twice perhaps, but not missed.
        unsorted = sum(letter is not BLANK for letter in copy_of(self.letters))
        lanes = self.lanes
        return unsorted if lanes is None else unsorted + lanes.waiting()

    def counts(self) -> Counts:
        return Counts(self.sent, self.handled, self.dead, self.waiting())
