"""What comes from outside while a round is open, and waits to be let in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ...models.outbox import Kind, Parcel
from .mail import HEARD, Bounds, DeadLetter, Mail

_About = tuple[object, ...]


class Doorstep:
    """Keeps what comes, and turns away what nobody would hear of it; one thread at a time.

    It may be long until the round is over, and of one sender nobody hears more than so much:
    so no more waits than that, however much comes. Who hears what is the same as if all of it
    had waited.
    """

    def __init__(self, bounds: Bounds, room: int, new_mail: Callable[[], Mail]) -> None:
        """Begin with nothing.

        Args:
            room: so much may wait before it is looked at what nobody would hear.
            new_mail: makes what sorts it, by those who are there and listen now.
        """
        self._bounds = bounds
        self._room = self._most = room
        self._new_mail = new_mail
        self._waiting: list[Parcel] = []
        self._times: Counter[_About] = Counter()
        # What becomes of more of the same, once that is too much.
        self._floods: dict[_About, Mail] = {}
        self.unheard = self.outdated = 0
        """As with mail, of what was turned away."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, parcel: Parcel) -> Sequence[DeadLetter]:
        """Take this in; give what is dead for being too much."""
        about = _about(parcel)
        self._times[about] += 1
        if self._times[about] > self._bounds.per_sender and parcel.kind in _EACH_HEARD:
            return self._turn_away(parcel, about)
        self._waiting.append(parcel)
        return self._weed_out() if len(self._waiting) > self._most else ()

    def take(self) -> list[Parcel]:
        """Give what waits, and forget it."""
        parcels, self._waiting = self._waiting, []
        self._most = self._room
        self._times.clear()
        self._floods.clear()
        return parcels

    def _turn_away(self, parcel: Parcel, about: _About) -> Sequence[DeadLetter]:
        if about not in self._floods:
            self._floods[about] = self._new_mail()
            self._floods[about].refuse(parcel)
        flood = self._floods[about]
        self.unheard += flood.unheard
        return [DeadLetter(parcel, receivers, reason) for _, receivers, reason in flood.dead]

    def _weed_out(self) -> Sequence[DeadLetter]:
        """Keep what somebody will hear, and of the rest the last word on each thing.

        What is kept will be sorted again, as if the others had died then.
        """
        mail = self._new_mail()
        mail.sort([parcel for parcel in self._waiting if parcel.kind in HEARD])
        last = {_subject(p): id(p) for p in self._waiting if p.kind not in HEARD}
        stays = mail.placed | set(last.values())
        self._waiting = [parcel for parcel in self._waiting if id(parcel) in stays]
        self._forget_all_but({_about(parcel) for parcel in self._waiting})
        self._most = max(self._room, 2 * len(self._waiting))
        self.unheard += mail.unheard
        self.outdated += mail.outdated
        # Of what is kept, those who will not hear it are counted when the others do.
        return [letter for letter in mail.dead if id(letter.parcel) not in stays]

    def _forget_all_but(self, abouts: set[_About]) -> None:
        """Count the rest anew: without end there may be topics that nobody hears."""
        self._times = Counter({about: n for about, n in self._times.items() if about in abouts})
        self._floods = {about: mail for about, mail in self._floods.items() if about in abouts}


_EACH_HEARD = HEARD - {Kind.NEWEST}


def _about(parcel: Parcel) -> _About:
    """Say of what all are heard by the same ones."""
    return parcel.kind, parcel.name, parcel.targets


def _subject(parcel: Parcel) -> _About:
    """Say what this is about, of what nobody hears."""
    return parcel.name, parcel.targets
