"""One range of memory on its way from experiences to items, in steps as small as you like."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..actors.failures import describe, is_ctrl_c
from ..actors.future import Future
from ..clock import Clock, SystemClock
from ..errors import AntiphonError, ConsolidationError
from ..models.learning.replay import Taught
from .compact import columns_of, sequence_of
from .drafting import DraftError, Drafting, Teaching
from .hand_over import HandOver
from .item import Draft, Item
from .packed_item import PackedItems, pack_item
from .remembered import Remembered
from .window import Window

Strategy = Callable[[Sequence[Remembered]], Iterable[Draft | Taught | None]]
"""Makes drafts of a window. One that yields None may be paused there, and one that teaches yields
once what the agent gains."""

PATIENCE = 60.0
"""Seconds of work that one hand-over may take."""
_UNPACKED_AT_ONCE = 32
_PACKED_AT_ONCE = 8
"""A pause costs half of what it takes to pack an item."""

Steps = Iterator[Future[Any] | None]
"""Work with pauses; a future is what it waits for before it can go on."""


@dataclass(frozen=True, slots=True, eq=False)
class Consolidated:
    """What takes the place of a range: heard by whoever owns the memories."""

    agent_id: str
    number: int
    """Of the hand-over."""
    first: int
    """The lowest sequence of the range."""
    last: int
    """The highest."""
    count: int
    """How many experiences it held."""
    made: PackedItems = field(repr=False)
    """The items, as they are kept."""
    calls: int
    """How often the strategy was called."""
    seconds: float
    """What the work took in all."""
    size_before: int
    """The bytes of the experiences."""
    size: int
    """The bytes of what is kept in their place."""
    taught: Taught | None = field(default=None, repr=False)
    """What the agent is to know when it takes effect, if the strategy teaches."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The items; each time they are made anew."""
        return self.made.items()

    @property
    def share(self) -> float:
        """Items by experiences."""
        return len(self.made) / self.count

    @property
    def ratio(self) -> float:
        """Bytes kept by bytes before."""
        return self.size / self.size_before


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """Nothing takes the place of a range, which thaws: heard by whoever owns the memories."""

    agent_id: str
    number: int
    error: ConsolidationError
    calls: int
    """How often the strategy was called."""
    retry_at: int
    """The first round in which another range of this agent is worth handing over."""
    rests: bool = False
    """Whether nobody tried, for the strategy rests after failures that were counted."""


Result = Consolidated | Failed


def unwanted() -> bool:
    """Never stop before it is done."""
    return False


class Consolidation:
    """The work on one hand-over, on whichever thread calls ``work``.

    What comes out does not depend on where it was interrupted.
    """

    def __init__(
        self,
        hand_over: HandOver,
        strategy: Strategy,
        name: str,
        *,
        clock: Clock | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.hand_over = hand_over
        self.calls = 0
        self.seconds = 0.0
        self._made = PackedItems()
        self._taught: Taught | None = None
        self.error: ConsolidationError | None = None
        self._strategy = strategy
        self._name = name
        self._clock = clock or SystemClock()
        self._patience = patience
        self._done = False
        self._steps: Steps | None = None
        self._awaited: Future[Any] | None = None

    def work(self, until: Callable[[], bool] = unwanted) -> bool:
        """Go on until it is done, has to wait, or is asked to pause; whether it is done."""
        last = self._clock.now()
        while not self._done and not self._waits():
            self._step()
            now = self._clock.now()
            self.seconds += now - last
            last = now
            if not self._done and self.seconds > self._patience:
                self._fail(f"must be done within {self._patience:g} s of work")
            if until():
                break
        return self._done

    def hasten(self) -> None:
        """Have others begin with their part now, if they have one."""

    def finish(self) -> None:
        """Go on until it is done, and wait where need be."""
        self.hasten()
        while not self.work():
            if self._awaited is not None:
                _wait_for(self._awaited)

    def _waits(self) -> bool:
        if self._awaited is not None and self._awaited.is_set():
            self._awaited = None
        return self._awaited is not None

    @property
    def items(self) -> tuple[Item, ...]:
        """What came of it; whole once it is done."""
        return self._made.items()

    @property
    def done(self) -> bool:
        """Whether there is a result."""
        return self._done

    def result(self, retry_at: int) -> Result:
        """Give what came of it, once it is done.

        Args:
            retry_at: when to try again, if it failed.
        """
        made = self.hand_over
        if self.error is not None:
            return Failed(made.agent_id, made.number, self.error, self.calls, retry_at)
        return Consolidated(
            agent_id=made.agent_id,
            number=made.number,
            first=sequence_of(made.packed[0]),
            last=sequence_of(made.packed[-1]),
            count=len(made.packed),
            made=self._made,
            calls=self.calls,
            seconds=self.seconds,
            size_before=made.size,
            size=self._made.size,
            taught=self._taught,
        )

    def _step(self) -> None:
        if self._steps is None:
            self._steps = self._run()
        try:
            self._awaited = next(self._steps)
        except StopIteration:
            self._steps = None
            self._done = True
        except BaseException as error:
            # A generator that raised is at its end; the next call is to begin anew.
            self._steps = None
            # All else, SystemExit too, is the strategy's, and no end of whoever calls it.
            if is_ctrl_c(error):
                raise
            self._fail(_rule(error), error)

    def _fail(self, rule: str, cause: BaseException | None = None) -> None:
        self.error = ConsolidationError(self.hand_over.agent_id, self._name, rule)
        self.error.__cause__ = cause
        self._steps = None
        self._done = True

    def _run(self) -> Steps:
        """Do all the work, with a pause wherever there may be one."""
        self._made, self._taught = PackedItems(), None
        for made in self._make():
            if isinstance(made, Item):
                self._made.add(made, pack_item(made))
                if len(self._made) % _PACKED_AT_ONCE == 0:
                    yield None
            elif isinstance(made, Taught):
                self._taught = made
            else:
                yield made

    def _make(self) -> Iterator[Item | Taught | Future[Any] | None]:
        window = yield from self._window()
        self.calls += 1
        yield from drafted(self._strategy, window)

    def _window(self) -> Generator[None, None, Window]:
        columns = columns_of(self.hand_over.packed)
        if columns is not None:
            yield None
            return Window(columns, self.hand_over.pupil)
        lived: list[Remembered] = []
        for start in range(0, len(self.hand_over.packed), _UNPACKED_AT_ONCE):
            lived += self.hand_over.entries(start, start + _UNPACKED_AT_ONCE)
            yield None
        return Window.of(lived, self.hand_over.pupil)


def drafted(strategy: Strategy, window: Window) -> Iterator[Item | Taught | None]:
    """Have a strategy draft a window, hold it to the rules, and make items; None is a pause.

    Raises:
        DraftError: a draft breaks a rule.
        BaseException: whatever the strategy raises.
    """
    sequences = window.columns.sequences
    drafting, teaching = Drafting(sequences), Teaching(window.pupil)
    for made in strategy(window):
        if isinstance(made, Taught):
            teaching.take(made)
        elif made is not None:
            drafting.take(made)
        yield None
    drafting.end()
    if teaching.taught is not None:
        yield teaching.taught
    span = f"{sequences[0]}-{sequences[-1]}"
    for number, made in enumerate(drafting.drafts):
        yield Item.of(made, window, f"{span}.{number}")


def _wait_for(answer: Future[Any]) -> None:
    # What it is, an error perhaps, is looked at by the step that asked for it.
    with suppress(AntiphonError):
        answer.get()


def _rule(error: BaseException) -> str:
    return str(error) if isinstance(error, DraftError) else f"it raised {describe(error)}"
