"""Where an actor's messages wait."""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from collections.abc import Callable
from typing import Any

import pykka
from pykka import messages as pykka_messages
from pykka._envelope import Envelope

from ..logs import get_logger
from .messages import Request
from .pace import Pace

log = get_logger(__name__)

Letter = Envelope[Any]

BLANK: Letter = Envelope(None)
"""The letter with nothing in it, for a reader who should look round and not read."""


class Mailbox:
    """A queue that can be closed for good without stranding a letter.

    Any thread may put; one reader at a time gets.
    """

    __slots__ = (
        "_asleep",
        "_closed",
        "baton",
        "bell",
        "letters",
        "notify",
        "owner",
        "pace",
        "turn",
    )

    def __init__(self, owner: Any = None) -> None:
        self.owner = owner
        """Whose it is, for whoever is told of letters."""
        self.letters: deque[Letter] = deque()
        self.turn = allocate_lock()
        """Held while the owner waits to be run or is run, by dispatchers that share threads."""
        self._closed = False
        self.bell = allocate_lock()
        """Released by whoever wakes the reader."""
        self.bell.acquire()
        # Holds one thing while the reader sleeps; whoever takes it out wakes the reader.
        self._asleep: list[bool] = []
        self.baton = 0
        self.pace: Pace | None = None
        """Decides when a sleeping reader is woken; None for at once."""
        self.notify: Callable[[Mailbox], None] | None = None
        """Told of each letter, by dispatchers whose readers do not wait in ``get``."""

    def put(self, letter: Letter, /) -> None:
        """Add a letter; never blocks. A closed mailbox answers it with ActorDeadError."""
        self.letters.append(letter)
        # First append, then look: with close() doing it the other way round, one of the
        # two sees every letter.
        if self._closed:
            self._refuse_all()
        elif self._asleep:
            if self._claim():
                if self.pace is None:
                    self.bell.release()
                else:
                    self.pace.ring(self)
        elif self.notify is not None:
            self.notify(self)

    def get(self, timeout: float | None = None) -> Letter:
        """Take the next letter; BLANK when the time is up or somebody called ``wake``.

        Args:
            timeout: seconds; None waits for ever, 0 does not wait.
        """
        if not self.letters:
            if timeout is not None and timeout <= 0:
                return BLANK
            self._sleep(timeout)
        try:
            return self.letters.popleft()
        except IndexError:
            return BLANK

    def _sleep(self, timeout: float | None) -> None:
        if self.baton:
            self.rest()
        self._asleep.append(True)
        # First lie down, then look: put() and close() do it the other way round. If somebody
        # has claimed the right to wake us, the bell will ring.
        if (self.letters or self._closed) and self._claim():
            return
        if timeout is None or (not self.bell.acquire(timeout=timeout) and not self._claim()):
            self.bell.acquire()

    def _claim(self) -> bool:
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
        self.letters.append(BLANK)
        if self._claim():
            self.bell.release()

    def close(self) -> None:
        """Refuse what waits and all that will come; a waiting reader returns."""
        self._closed = True
        self._refuse_all()
        if self._claim():
            self.bell.release()

    def _refuse_all(self) -> None:
        while True:
            try:
                letter = self.letters.popleft()
            except IndexError:
                return
            if letter is not BLANK:
                _return(letter)


def refuse(letter: Letter, error: BaseException) -> None:
    """Tell whoever waits for an answer to this letter that its handling raised."""
    _answer(letter, error)
    if isinstance(letter.message, Request):
        letter.message.fail(error)


def _return(letter: Letter) -> None:
    """Tell whoever waits for an answer to this letter that nobody will read it."""
    error = pykka.ActorDeadError("the actor stopped before handling the message")
    _answer(letter, error)
    if isinstance(letter.message, Request):
        letter.message.lose(error)
    elif letter.reply_to is None:
        log.info("message.undelivered", message=type(letter.message).__name__)


def _answer(letter: Letter, error: BaseException) -> None:
    if letter.reply_to is None:
        return
    if isinstance(letter.message, pykka_messages._ActorStop):
        letter.reply_to.set(None)
    else:
        letter.reply_to.set_exception((type(error), error, error.__traceback__))
