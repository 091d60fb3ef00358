"""What does it cost to remember, and what do rounds pay for memories that are put in order?

A memory that has seen a million experiences beside one that has seen a thousand, and beside a
plain deque; how much room consolidation saves on a life of talk; rounds of a thousand agents
with consolidation and without, in turn; the memory of the process over a long run; and rows
that reach the disk in a second.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from ..memory.consolidation import Consolidation
from ..memory.episodic import EpisodicMemory
from ..memory.hand_over import HandOver
from ..memory.limits import MemoryLimits
from ..memory.remembered import Remembered
from ..memory.store.batch import Batch
from ..memory.store.database import Database
from ..memory.store.schema import Durability
from ..memory.store.verify import verify
from ..memory.strategies.catalogue import strategy
from ..models.experience import Experience
from .elsewhere import elsewhere
from .harness import Better, Case, Quantity, Ratio, Variant
from .lives import conversed, wandered
from .long_run import LongRun
from .paired_rounds import Paired, paired_rounds

_HELD = 1_000
_READS = 2_000
_WINDOW = 250
_AT_ONCE = 1_000
"""Experiences in a batch of the store."""


def cases(*, small: bool) -> list[Case]:
    """Give the questions one by one."""
    # To live through a million experiences takes longer than all the rest of a small run.
    times = 100 if small else 1_000
    return [
        _reading(3 if small else 15, times),
        _writing(3 if small else 9, times),
        _consolidating(2 if small else 15),
        # Of fewer than some hundred rounds the p99 is the slowest one or two.
        _rounds(*((100, 150) if small else (1_000, 600)), repeats=1 if small else 5),
        _growing(4_000 if small else 100_000),
        _storing(30 if small else 100, repeats=2 if small else 15),
    ]


def _reading(repeats: int, times: int) -> Case:
    much = _seen(times)
    return Case(
        name="recent(10)",
        unit="call",
        repeats=repeats,
        variants=partial(_readers, times),
        ratios=(
            Ratio(f"recent_{much}_over_1e3", f"after {much}", "after 1e3", 2.0, Better.LESS),
            Ratio("recent_over_deque", "after 1e3", "deque", better=Better.LESS),
        ),
    )


@contextmanager
def _readers(times: int) -> Iterator[list[Variant]]:
    life = wandered(1_000)
    few, many, plain = _filled(life, 1), _filled(life, times), deque(life, maxlen=_HELD)

    def run(recent: Callable[[], Sequence[Any]], units: int) -> Any:
        last: Any = None
        for _ in range(units):
            last = recent()
        return last

    def check(units: int, last: Any) -> str:
        return "" if [e.round for e in last] == list(range(991, 1_001)) else "others were read"

    yield [
        Variant("after 1e3", _READS, partial(run, lambda: few.recent(10)), check),
        Variant(f"after {_seen(times)}", _READS, partial(run, lambda: many.recent(10)), check),
        Variant("deque", _READS, partial(run, lambda: [plain[n] for n in range(-10, 0)]), check),
    ]


def _seen(times: int) -> str:
    """Say how many experiences that is, of a thousand each time, as in 1e6."""
    return f"1e{len(str(1_000 * times)) - 1}"


def _filled(life: Sequence[Experience], times: int) -> EpisodicMemory:
    memory = EpisodicMemory(MemoryLimits(size=_HELD))
    for _ in range(times):
        for one in life:
            memory.record(one)
    return memory


def _writing(repeats: int, times: int) -> Case:
    much = _seen(times)
    return Case(
        name="record",
        unit="experience",
        repeats=repeats,
        variants=partial(_writers, times),
        ratios=(
            Ratio(f"record_{much}_over_1e3", f"after {much}", "after 1e3", better=Better.LESS),
            Ratio("record_over_deque", "after 1e3", "deque", better=Better.LESS),
        ),
    )


@contextmanager
def _writers(times: int) -> Iterator[list[Variant]]:
    life = wandered(2 * _HELD)
    before = life[_HELD:]
    few, many, plain = _filled(before, 1), _filled(before, times), deque(before, maxlen=_HELD)
    yield [
        _writer("after 1e3", life, few.record, lambda: few.recent(1)[0]),
        _writer(f"after {_seen(times)}", life, many.record, lambda: many.recent(1)[0]),
        _writer("deque", life, plain.append, lambda: plain[-1]),
    ]


def _writer(
    name: str,
    life: Sequence[Experience],
    record: Callable[[Experience], Any],
    newest: Callable[[], Experience],
) -> Variant:
    """Record one half of a life and then the other, so that what was there before shows."""
    halves = cycle((life[:_HELD], life[_HELD:]))

    def run(units: int) -> Experience:
        half = next(halves)
        for one in half:
            record(one)
        return half[-1]

    def check(units: int, last: Experience) -> str:
        held = newest().round
        return "" if held == last.round else f"the newest is of round {held}, not {last.round}"

    return Variant(name, _HELD, run, check)


def _consolidating(repeats: int) -> Case:
    return Case(
        name=f"windows of {_WINDOW}",
        unit="experience",
        repeats=repeats,
        variants=_strategies,
        ratios=(
            Quantity(
                "consolidated_size_ratio",
                "merge, talk",
                "bytes kept by bytes before",
                lambda done: done.size / done.hand_over.size,
                Better.LESS,
                0.5,
            ),
            Quantity(
                "consolidated_size_ratio_grid",
                "merge, grid",
                "bytes kept by bytes before",
                lambda done: done.size / done.hand_over.size,
                Better.LESS,
            ),
        ),
    )


class _Done(NamedTuple):
    hand_over: HandOver
    size: int
    stands_for: int


@contextmanager
def _strategies() -> Iterator[list[Variant]]:
    talk, grid = (_handed(life) for life in (conversed(_WINDOW), wandered(_WINDOW)))
    yield [
        Variant("merge, talk", _WINDOW, partial(_consolidate, "merge", talk), _all_of_it),
        Variant("merge, grid", _WINDOW, partial(_consolidate, "merge", grid), _all_of_it),
        Variant("prototypes", _WINDOW, partial(_consolidate, "prototypes", grid), _all_of_it),
    ]


def _handed(life: Sequence[Experience]) -> HandOver:
    memory = EpisodicMemory(MemoryLimits(size=len(life)))
    for one in life:
        memory.record(one)
    return HandOver("a", 1, 1, 1, memory.freeze(len(life)).packed)


def _consolidate(name: str, hand_over: HandOver, units: int) -> _Done:
    work = Consolidation(hand_over, strategy(name).call, name)
    work.finish()
    result = work.result(0)
    size = getattr(result, "size", 0)
    return _Done(hand_over, size, sum(item.count for item in work.items))


def _all_of_it(units: int, done: _Done) -> str:
    return "" if done.stands_for == units else f"items stand for {done.stands_for} of {units}"


def _rounds(n: int, rounds: int, *, repeats: int) -> Case:
    def share(paired: Paired) -> float:
        return sum(paired.without) / sum(paired.consolidating)

    return Case(
        name=f"rounds of {n:,} agents, in turn",
        unit="pair of rounds",
        repeats=repeats,
        variants=partial(_pairs, n, rounds),
        ratios=(
            Quantity(
                "rounds_per_s_consolidating_share",
                "both",
                "rounds per second, by those without",
                share,
                Better.MORE,
                0.67,
            ),
            Quantity(
                "round_p99_consolidating_over_not",
                "both",
                "p99 from call to call, by that without",
                lambda paired: paired.p99(paired.consolidating) / paired.p99(paired.without),
                Better.LESS,
                1.5,
            ),
            Quantity(
                "consolidation_calls_over_bound",
                "both",
                "calls by items by window",
                lambda paired: paired.calls / paired.bound,
                Better.LESS,
                1.0,
            ),
        ),
        warm_ups=0,
    )


@contextmanager
def _pairs(n: int, rounds: int) -> Iterator[list[Variant]]:
    def check(units: int, paired: Paired) -> str:
        return paired.wrong or ("" if len(paired.without) == units else "rounds are missing")

    # Nobody else takes turns with them, so they may go on from repeat to repeat.
    with paired_rounds(n) as play:
        yield [Variant("both", rounds, play, check)]


def _growing(steps: int) -> Case:
    def check(units: int, run: LongRun) -> str:
        return run.wrong

    return Case(
        name=f"{steps:,} steps",
        unit="step",
        repeats=1,
        variants=lambda: _long_runs(steps, check),
        ratios=(
            Quantity(
                "rss_growth_mb_per_1000_steps",
                "bounded",
                "MB after the first 500",
                lambda run: run.growth_mb_per_1000,
                Better.LESS,
                1.0,
            ),
            Quantity(
                "rss_growth_mb_per_1000_steps_unbounded",
                "unbounded",
                "MB after the first 500",
                lambda run: run.growth_mb_per_1000,
                Better.LESS,
            ),
        ),
        warm_ups=0,
    )


@contextmanager
def _long_runs(steps: int, check: Callable[[int, LongRun], str]) -> Iterator[list[Variant]]:
    def run(how: str, units: int) -> LongRun:
        return LongRun(*elsewhere("long_run", units, how))

    yield [Variant(how, steps, partial(run, how), check) for how in ("bounded", "unbounded")]


def _storing(batches: int, *, repeats: int) -> Case:
    return Case(
        name=f"batches of {_AT_ONCE:,} experiences on disk",
        unit="experience",
        repeats=repeats,
        variants=partial(_stores, batches),
        ratios=(
            Quantity(
                "store_rows_per_s",
                "full",
                "experiences per second",
                lambda kept: kept.rate,
                Better.MORE,
                100_000,
            ),
            *(
                Quantity(
                    f"store_rows_per_s_{how}",
                    how,
                    "experiences per second",
                    lambda kept: kept.rate,
                    Better.MORE,
                )
                for how in ("normal", "off")
            ),
        ),
        warm_ups=0,
    )


class _Kept(NamedTuple):
    written: int
    rate: float


@contextmanager
def _stores(batches: int) -> Iterator[list[Variant]]:
    def check(units: int, kept: _Kept) -> str:
        return "" if kept.written == units else f"{kept.written:,} of {units:,} are on disk"

    hows: tuple[Durability, ...] = ("full", "normal", "off")
    yield [Variant(how, batches * _AT_ONCE, partial(_store, how, batches), check) for how in hows]


def _store(durability: Durability, batches: int, units: int) -> _Kept:
    from ..clock import SystemClock

    ids = [f"agent-{n}" for n in range(1, _AT_ONCE + 1)]
    lived = [
        Experience(round, round % 7, 1, 1, "acted", 0.5, False, False)
        for round in range(1, batches + 1)
    ]
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        database = Database(Path(folder), durability=durability)
        clock = SystemClock()
        began = clock.now()
        for round, one in enumerate(lived, 1):
            database.commit([Batch(round, dict.fromkeys(ids, Remembered(round, one, 1.0, None)))])
        seconds = clock.now() - began
        database.close()
        return _Kept(verify(Path(folder)).totals.written, units / seconds)
