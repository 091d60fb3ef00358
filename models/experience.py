"""One step as one agent lived it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Self, overload


class Experience(NamedTuple):
    """What an agent saw, meant, did and got in one round.

    A named tuple rather than a frozen dataclass: one is made for each agent in each
    round, and this is a third of the price.
    """

    round: int
    observation: Any
    intended: Any
    """The action that the agent answered with; None if no answer counted."""
    executed: Any
    """The action that the environment was given."""
    status: str
    """How the agent's part of the round ended: "acted", "timed_out" and so on."""
    reward: float | None
    """None where no environment paid one."""
    terminated: bool
    truncated: bool

    @property
    def last(self) -> bool:
        """Whether the episode ended with this step."""
        return self.terminated or self.truncated


class ExperienceColumns(NamedTuple):
    """The experiences of many side by side: for each field, in one order, what theirs were."""

    round: Sequence[int]
    observation: Sequence[Any]
    intended: Sequence[Any]
    executed: Sequence[Any]
    status: Sequence[str]
    reward: Sequence[float | None]
    terminated: Sequence[bool]
    truncated: Sequence[bool]

    @classmethod
    def of(cls, experiences: Iterable[Experience]) -> Self:
        """Put experiences side by side."""
        columns = tuple(zip(*experiences, strict=True))
        return cls._make(columns or [()] * len(cls._fields))

    def part(self, start: int, stop: int) -> Self:
        """Give those at some places."""
        return type(self)._make([values[start:stop] for values in self])

    def experiences(self) -> Iterator[Experience]:
        """Give them one after another."""
        return map(_MAKE, zip(*self, strict=True))


# As Experience._make does, without its being Python: a third of the time.
_MAKE: Callable[[Iterable[Any]], Experience] = partial(tuple.__new__, Experience)


class OneStepEach(Sequence[tuple[Experience, ...]]):
    """What each of many has lived since its last call: one step, and no episode ended with it.

    Most who read it want what was executed and nothing else, so an experience is made when
    somebody asks for it.
    """

    __slots__ = ("_make", "executed")

    def __init__(self, executed: Sequence[Any], make: Callable[[int], Experience]) -> None:
        """Take what each has done.

        Args:
            make: gives the step of the one at a place.
        """
        self.executed = executed
        self._make = make

    def __len__(self) -> int:
        return len(self.executed)

    @overload
    def __getitem__(self, place: int) -> tuple[Experience, ...]: ...
    @overload
    def __getitem__(self, place: slice) -> list[tuple[Experience, ...]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        places = range(len(self))[place]
        if isinstance(places, range):
            return [(self._make(k),) for k in places]
        return (self._make(places),)
