"""How many calls of a language model do agents make at once, and does each end in time?

Agents that call a chat endpoint on loopback, which answers after 0.1 s: one after another and
in parallel. Then every fifth is answered byte by byte, for longer than a call may take: those
with one deadline for a whole call, and those with a timeout for each read.
"""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from ..coordination.outcome import Outcome
from . import ours
from .agents import number_of
from .chatter import Chatter, ChatterByRead, Model
from .checks import check_outcomes
from .elsewhere import serving
from .endpoint import replied
from .harness import Absent, Better, Case, Figure, Quantity, Ratio, Variant
from .programs import FUSE, Play
from .turn import in_turn

_AGENTS, _EVERY = 20, 5
_ANSWER = 0.1
"""Seconds after which the endpoint answers."""
_ROUNDS = 5
"""In parallel, in a repeat, so that there are enough calls to speak of the slowest."""
_DEADLINE, _DRIP = 0.5, 1.5
_OVERRUN_MS = 200
"""What a call may take beyond its deadline."""
_LITTLE_LESS = 0.999
"""Of what is waited for, since differences of times are rounded."""


def cases(*, small: bool) -> list[Case]:
    """Give a case for each number of agents, and one for those who are kept waiting."""
    sizes = (_AGENTS,) if small else (5, _AGENTS, 50)
    return [
        *(_calling(n, repeats=1 if small else 3) for n in sizes),
        _dripped_on(_AGENTS, repeats=1 if small else 15),
    ]


def _calling(n: int, *, repeats: int) -> Case:
    return Case(
        name=f"{n} call a model, {_ANSWER:g} s",
        unit="round",
        repeats=repeats,
        variants=partial(_callers, n),
        ratios=(Ratio(f"chat_speedup_{n}", "parallel", "sequential"), *_calls(n)),
        warm_ups=0,
    )


def _calls(n: int) -> Iterator[Figure]:
    for name, dispatcher in (("", "parallel"), ("_sequential", "sequential")):
        yield Quantity(
            f"chat_calls_per_s_{n}{name}", dispatcher, "calls in a second", _per_s, Better.MORE
        )
    for percent in (50, 99):
        yield Quantity(
            f"chat_call_p{percent}_ms_{n}",
            "parallel",
            f"ms, which {percent} of 100 calls do not exceed",
            partial(_call_ms, percent=percent),
            Better.LESS,
        )


def _per_s(outcomes: Sequence[Outcome]) -> float:
    return sum(len(one.act_seconds) for one in outcomes) / sum(one.elapsed for one in outcomes)


def _call_ms(outcomes: Sequence[Outcome], *, percent: int) -> float:
    calls = sorted(seconds for one in outcomes for seconds in one.act_seconds.values())
    return calls[min(len(calls) - 1, len(calls) * percent // 100)] * 1e3


def _dripped_on(n: int, *, repeats: int) -> Case:
    return Case(
        name=f"{n // _EVERY} of {n} are dripped on, {_DEADLINE:g} s",
        unit="round",
        repeats=repeats,
        variants=partial(_in_time, n),
        ratios=(
            _overrun("chat_drip_overrun_ms", "whole call", _OVERRUN_MS),
            _overrun("chat_drip_overrun_by_read_ms", "each read"),
            Quantity(
                "chat_drip_answered_share",
                "whole call",
                "of those whom the endpoint answered in time",
                _answered_share,
                Better.MORE,
                0.99,
            ),
            Ratio("chat_drip_whole_call_vs_each_read", "whole call", "each read"),
        ),
        warm_ups=0,
    )


def _overrun(name: str, variant: str, target: float | None = None) -> Quantity:
    meaning = "ms past its deadline, of the slowest call"
    return Quantity(name, variant, meaning, _overrun_ms, Better.LESS, target)


def _overrun_ms(outcomes: Sequence[Outcome]) -> float:
    return (max(max(one.act_seconds.values()) for one in outcomes) - _DEADLINE) * 1e3


def _answered_share(outcomes: Sequence[Outcome]) -> float:
    answers = [
        answer is not None
        for one in outcomes
        for agent_id, answer in one.actions.items()
        if not is_dripped_on(number_of(agent_id))
    ]
    return sum(answers) / len(answers)


def is_dripped_on(number: int) -> bool:
    """Whether this agent's answer comes byte by byte."""
    return number % _EVERY == 0


@contextmanager
def _if_installed(
    starts: Mapping[str, Callable[[str], Variant]],
) -> Iterator[list[Variant | Absent]]:
    """Run the endpoint, and give the variants that call it."""
    if importlib.util.find_spec("httpx") is None:
        why = "httpx is not installed: pip install 'antiphon[llm]'"
        yield [Absent(name, why) for name in starts]
        return
    with serving("endpoint") as url:
        yield [make(url) for make in starts.values()]


@contextmanager
def _callers(n: int) -> Iterator[list[Variant | Absent]]:
    def called(name: str, dispatcher: str, rounds: int, warm_up: int, url: str) -> Variant:
        model = Model(url, f"wait/{_ANSWER}", FUSE, ssl.create_default_context())
        start = partial(ours.crowd, dispatcher, Chatter, n, model=model)
        return in_turn(name, rounds, start, partial(_check_calls, n), warm_up=warm_up)

    # The first round of a pool brings its threads in.
    starts = {
        "sequential": partial(called, "sequential", "inline", 1, 0),
        "parallel": partial(called, "parallel", "pooled", _ROUNDS, 1),
    }
    with _if_installed(starts) as variants:
        yield variants


def _check_calls(n: int, rounds: int, outcomes: Sequence[Outcome]) -> str:
    quickest = min((s for one in outcomes for s in one.act_seconds.values()), default=0.0)
    if quickest < _LITTLE_LESS * _ANSWER:
        return f"a call took {quickest:g} s, and its answer comes after {_ANSWER:g} s"
    return check_outcomes(n, replied, rounds, outcomes)


@contextmanager
def _in_time(n: int) -> Iterator[list[Variant | Absent]]:
    def kept_waiting(name: str, kind: type[Chatter], url: str) -> Variant:
        check = partial(_check_dripped_on, n, told=kind is ChatterByRead)
        return in_turn(name, 1, partial(_some_dripped_on, kind, n, url), check)

    kinds = {"whole call": Chatter, "each read": ChatterByRead}
    starts = {name: partial(kept_waiting, name, kind) for name, kind in kinds.items()}
    with _if_installed(starts) as variants:
        yield variants


@contextmanager
def _some_dripped_on(kind: type[Chatter], n: int, url: str) -> Iterator[Play]:
    tls = ssl.create_default_context()
    with ours.society("pooled") as society:
        for number in range(1, n + 1):
            script = f"drip/{_DRIP}" if is_dripped_on(number) else f"wait/{_ANSWER}"
            society.add(kind, ids=[f"agent-{number}"], model=Model(url, script, _DEADLINE, tls))
        society.start()
        yield partial(ours.step, society)


def _check_dripped_on(n: int, rounds: int, outcomes: Sequence[Outcome], *, told: bool) -> str:
    """See to what everyone answered; that few were told in time is a figure, and not wrong.

    Args:
        told: whether those who are dripped on are to have waited for all of it.
    """
    if [len(one.act_seconds) for one in outcomes] != [n] * rounds:
        return f"not all of {n} acted: {[one.counts for one in outcomes]}"
    for shown, one in enumerate(outcomes):
        for agent_id, answer in one.actions.items():
            number = number_of(agent_id)
            may_be: list[int | None] = [replied(shown + number)]
            if not is_dripped_on(number):
                may_be.append(None)
            elif one.act_seconds[agent_id] < _LITTLE_LESS * (_DRIP if told else _DEADLINE):
                return f"{agent_id} was not kept waiting"
            elif not told:
                may_be = [None]
            if answer not in may_be:
                return f"{agent_id} answered {answer}, not {may_be}"
    return ""
