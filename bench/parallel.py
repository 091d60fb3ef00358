"""Do places in a pool, stragglers, questions, memories and failures cost what they must?

Ten agents that wait 0.2 s, with places for 1, 2, 4, 8 and all; a straggler of 3 s under a
timeout of 1 s; agents that ask and tell one another; agents whose memories are consolidated
meanwhile; agents that fail and go on. The guide's are figures that the TinyTroupe guide states
of that system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

from ..coordination.outcome import Outcome, Status
from ..memory.summary import MemorySummary
from ..models.agent import Context
from ..society import Society
from . import ours
from .agents import Adder, number_of
from .checks import check_outcomes, unchanged
from .harness import Better, Case, Ratio, Seconds, Variant
from .programs import FUSE, Play
from .turn import in_turn
from .waiting import Waiter

_WAIT = 0.2
_PLACES: dict[str, tuple[int | None, float, float, float]] = {
    "1": (1, 1.0, 2.00, 0.10),
    "2": (2, 1.9, 1.05, 0.19),
    "4": (4, 3.6, 0.55, 0.36),
    "8": (8, 6.7, 0.30, 0.67),
    "auto": (None, 8.0, 0.25, 0.80),
}
"""How many may act at once; what the guide states as speed-up, seconds and efficiency."""
_TIMEOUT, _STRAGGLE = 1.0, 3.0
_EVERY = 5
"""Each so many-th agent fails, each so many-th round."""


def cases(*, small: bool) -> list[Case]:
    """Give the questions one by one."""
    return [
        _pool(repeats=1 if small else 5),
        _straggling(repeats=1 if small else 15),
        _talking(50, 20, repeats=2 if small else 9),
        _remembering(50, 400, repeats=2 if small else 9),
        _failing(50, 100, repeats=2 if small else 9),
    ]


def _pool(*, repeats: int, n: int = 10) -> Case:
    speedups = (
        Ratio(f"pool_{name}_{what}", f"places: {name}", "places: 1", guide=guide, share_of=share_of)
        for name, (_, speedup, _, efficiency) in _PLACES.items()
        if name != "1"
        for what, guide, share_of in (("speedup", speedup, 1), ("efficiency", efficiency, n))
    )
    seconds = (
        Seconds(f"pool_{name}_s", f"places: {name}", guide=guide)
        for name, (_, _, guide, _) in _PLACES.items()
    )
    return Case(
        name=f"{n} wait {_WAIT:g} s",
        unit="round",
        repeats=repeats,
        variants=partial(_places, n),
        ratios=(*speedups, *seconds),
        warm_ups=0,
    )


@contextmanager
def _places(n: int) -> Iterator[list[Variant]]:
    check = partial(check_outcomes, n, unchanged)
    yield [
        in_turn(f"places: {name}", 1, partial(_waiters, n, places), check, warm_up=1, starts=True)
        for name, (places, _, _, _) in _PLACES.items()
    ]


@contextmanager
def _waiters(n: int, places: int | None) -> Iterator[Play]:
    with _society(batch_size=places) as society:
        society.add(Waiter, n=n, seconds=_WAIT)
        society.start()
        yield partial(ours.step, society)


def _society(**settings: Any) -> Society:
    given = {"timeout": FUSE, "start_timeout": FUSE, "grace": FUSE, "tables": False, **settings}
    return Society(dispatcher="pooled", seed=7, **given)


def _straggling(*, repeats: int, n: int = 20) -> Case:
    return Case(
        name=f"1 of {n} waits {_STRAGGLE:g} s, timeout {_TIMEOUT:g} s",
        unit="round",
        repeats=repeats,
        variants=partial(_stragglers, n),
        ratios=(Seconds("straggler_timeout_s", "pooled", 1.05),),
        warm_ups=0,
    )


@contextmanager
def _stragglers(n: int) -> Iterator[list[Variant]]:
    yield [in_turn("pooled", 1, partial(_with_straggler, n), partial(_one_is_late, n))]


@contextmanager
def _with_straggler(n: int) -> Iterator[Play]:
    with _society(timeout=_TIMEOUT) as society:
        society.add(Waiter, ids=["straggler-0"], seconds=_STRAGGLE)
        society.add(Waiter, n=n - 1, seconds=_TIMEOUT / 10)
        society.start()
        yield partial(ours.step, society)


def _one_is_late(n: int, rounds: int, outcomes: Sequence[Outcome]) -> str:
    counts = [outcome.counts for outcome in outcomes]
    expected = [{"acted": n - 1, "timed_out": 1}] * rounds
    return "" if counts == expected else f"{counts} instead of {expected}"


class Outcomes(list[Outcome]):
    """What came of some rounds, and of the memories until then."""

    memories: MemorySummary | None = None


class Talker(Adder):
    """Asks its partner for its number, tells everyone of its own every round.

    It answers with None if it has not heard the numbers of all others since it acted last.
    """

    def __init__(self, number: int, among: int) -> None:
        super().__init__(number)
        self._others = among * (among + 1) // 2 - number
        # Before the first round nobody has said anything.
        self._due = self._heard = 0

    def act(self, observation: Any, context: Context) -> Any:
        # Only one of two asks, for two that ask each other are refused.
        partner = context.agent_id.replace(str(self._number), str(self._number + 1))
        asks = self._number % 2
        answer = context.ask(partner, None) if asks else self._number
        context.broadcast(self._number)
        heard_all = self._heard == self._due
        self._due, self._heard = self._others, 0
        return observation + (answer - 1 if asks else answer) if heard_all else None

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self._heard += message

    def get_state(self) -> dict[str, Any]:
        return {"number": self._number, "due": self._due, "heard": self._heard}

    def set_state(self, state: Any) -> None:
        self._number, self._due, self._heard = state["number"], state["due"], state["heard"]


class Failer(Adder):
    """Raises now and then, and goes on with the state that it has."""

    def act(self, observation: Any, context: Context) -> Any:
        if fails(self._number, observation):
            raise ArithmeticError(f"agent {self._number} fails in its turn")
        return super().act(observation, context)


def fails(number: int, shown: int) -> bool:
    """Whether this agent fails in the round that shows this."""
    return (number + shown) % _EVERY == 0


def _talking(n: int, rounds: int, *, repeats: int) -> Case:
    check = partial(check_outcomes, n, unchanged)
    starts = {
        "talking": partial(_crowd, Talker, n, options={"among": n}),
        "quiet": partial(_crowd, Adder, n),
    }
    variants = [in_turn(name, rounds, start, check, warm_up=1) for name, start in starts.items()]
    return _beside(f"{n} ask and tell", repeats, "talk_over_quiet", variants)


def _remembering(n: int, rounds: int, *, repeats: int) -> Case:
    memory: dict[str, Any] = {"memory_size": 100, "semantic_size": 50}
    variants = [
        in_turn(
            name,
            rounds,
            partial(_crowd, Adder, n, **memory, consolidate=consolidates),
            partial(_check_memories, n, consolidates=consolidates),
            warm_up=1,
        )
        for name, consolidates in (("consolidating", True), ("evicting", False))
    ]
    return _beside(f"{n} remember", repeats, "consolidating_over_evicting", variants)


def _check_memories(n: int, rounds: int, outcomes: Outcomes, *, consolidates: bool) -> str:
    memories = outcomes.memories
    if memories is None or bool(memories.consolidated) is not consolidates:
        return f"memories were not as they should be: {memories}"
    return check_outcomes(n, unchanged, rounds, outcomes)


def _failing(n: int, rounds: int, *, repeats: int) -> Case:
    failing, whole = (partial(_crowd, kind, n, on_crash="resume") for kind in (Failer, Adder))
    variants = [
        in_turn("failing", rounds, failing, partial(_check_failures, n), warm_up=1),
        in_turn("whole", rounds, whole, partial(check_outcomes, n, unchanged), warm_up=1),
    ]
    return _beside(f"1 of {_EVERY} of {n} fails", repeats, "failing_over_whole", variants)


def _check_failures(n: int, rounds: int, outcomes: Sequence[Outcome]) -> str:
    for shown, outcome in enumerate(outcomes):
        for agent_id, status in outcome.status.items():
            number = number_of(agent_id)
            crashed = status is Status.CRASHED
            if crashed is not fails(number, shown):
                return f"round {outcome.round}: {agent_id} {status}"
            if not crashed and outcome.actions[agent_id] != shown + number:
                return f"round {outcome.round}: {agent_id} has another agent's action"
    return "" if len(outcomes) == rounds else f"{len(outcomes)} of {rounds} rounds"


@contextmanager
def _crowd(
    kind: type[Adder], n: int, *, options: Mapping[str, Any] | None = None, **settings: Any
) -> Iterator[Play]:
    """Start n agents; options are theirs, settings the society's."""
    with _society(**settings) as society:
        ids = [f"agent-{number}" for number in range(1, n + 1)]
        society.add(kind, ids=ids, **(options or {}))
        society.start()

        def play(rounds: int) -> Outcomes:
            outcomes = Outcomes(ours.step(society, rounds))
            if "memory_size" in settings:
                outcomes.memories = society.memories.summary()
            return outcomes

        yield play


def _beside(case: str, repeats: int, ratio: str, variants: Sequence[Variant]) -> Case:
    """Compare the first with the second, where less is better."""
    ours, theirs = (variant.name for variant in variants)
    figure = Ratio(ratio, ours, theirs, better=Better.LESS)
    return Case(case, "round", repeats, lambda: nullcontext(variants), (figure,), warm_ups=0)
