"""How quickly do agents infer, beside pymdp jitted, in batches and legacy, and what is possible?

One step is everything from an observation to an action: belief, plan, draw, and the action
taken back. Ours is measured as the kernel alone, on all cores, and as whole rounds of a
society, every agent called and its action gathered; pymdp's as its batch, jitted, and as
legacy agents that are mapped over a pool of 50 threads. A thousand of those take seconds for
a step, so they have cases of their own, with few repeats. The workloads are a grid with 5 (W1a)
and with 100 outcomes (W1b), a T-maze (W2), and the grid with A and B learned (W3a).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..coordination.vitals.machine import memory_limit
from .harness import Case, Ratio
from .inference_crowds import Amount, variants
from .inference_single import memory, profiles, single

_WORKLOADS = ("W1a", "W1b", "W2", "W3a")
_MINUTES = "left out: a step of 1,000 takes 10 s or more, so two of 10,000 take 200 s or more"
_BRIEF = "left out of a small run: it compiles for seconds, or takes seconds for a step"
_AMOUNTS = (
    Amount(1, kernel=2000, rounds=200, batch=200, legacy=20),
    Amount(10, kernel=1000, rounds=200, batch=100, legacy=4),
    Amount(100, kernel=400, rounds=100, batch=20, legacy=1),
    Amount(1000, kernel=100, rounds=20, batch=4, legacy=0),
    # They take their first step when they are held against ours, and nothing of them compiles.
    Amount(1000, kernel=100, rounds=20, batch=0, legacy=1, repeats=2, warm_ups=0),
    Amount(10_000, kernel=10, rounds=4, batch=1, legacy=_MINUTES),
)
_SMALL = {
    "W1a": (
        Amount(1, kernel=200, rounds=10, batch=_BRIEF, legacy=2, repeats=2),
        Amount(1000, kernel=10, rounds=2, batch=1, legacy=_BRIEF, repeats=2),
    ),
    "W2": (Amount(10, kernel=10, rounds=5, batch=_BRIEF, legacy=1, repeats=2),),
    "W3a": (Amount(10, kernel=10, rounds=5, batch=_BRIEF, legacy=1, repeats=2),),
}
_ROOM = 12 * 2**30
"""Bytes; pymdp alone takes 9 GiB of them."""
_TARGETS = {"kernel_1000_vs_pymdp_batch": 100.0, "kernel_1000_of_roofline": 0.2}
_GATED = 15
"""Repeats where there is a target."""


def cases(*, small: bool) -> list[Case]:
    """Give the workloads by number of agents, one agent's whole step, and its memory."""
    steps, repeats = (50, 2) if small else (500, _GATED)
    amounts = _SMALL if small else {name: _full(name) for name in _WORKLOADS}
    return [
        *(_case(name, one, gated=not small) for name, some in amounts.items() for one in some),
        *(single(length, steps, repeats) for length in (1, 3)),
        profiles(steps, repeats),
        memory(),
    ]


def _full(name: str) -> list[Amount]:
    """Give all sizes; what takes longer by its nature takes fewer steps."""
    if name in {"W1a", "W2"}:
        return list(_AMOUNTS)
    slow = (one._replace(kernel=max(2, one.kernel // 8)) for one in _AMOUNTS)
    *few, thousand, legacy, most = slow
    return [*few, thousand._replace(batch=1), legacy, most._replace(batch=_most(), repeats=3)]


def _most() -> int | str:
    """Give the steps of a batch of 10,000, or why this machine does not bear one."""
    if (there := memory_limit()) >= _ROOM:
        return 1
    return (
        "left out: each agent has its own copy of A and B and of what it counted, "
        f"{_ROOM // 2**30} GiB in all, and this machine has {there / 2**30:.1f}"
    )


def _case(name: str, amount: Amount, *, gated: bool) -> Case:
    ratios = tuple(_ratios(name, amount))
    aimed = gated and any(one.target is not None for one in ratios)
    return Case(
        name=f"{name}, {amount.agents:,} agents" + ", legacy" * amount.beside_legacy,
        unit="step of all",
        repeats=_GATED if aimed else amount.repeats,
        variants=partial(variants, name, amount),
        ratios=ratios,
        warm_ups=amount.warm_ups,
    )


def _ratios(name: str, amount: Amount) -> Iterator[Ratio]:
    """Give what is compared; who is left out stands in it too, and why in the results."""
    kernel = f"kernel_{amount.agents}" + ("" if name == "W1a" else f"_{name}")
    rounds = f"rounds_{amount.agents}_{name}"
    for theirs, steps in (("pymdp_batch", amount.batch), ("legacy_threads", amount.legacy)):
        if steps:
            yield _ratio(f"{kernel}_vs_{theirs}", "fastest", theirs)
            yield _ratio(f"{rounds}_vs_{theirs}", "cohort", theirs)
    if name in {"W1a", "W1b"} and not amount.beside_legacy:
        yield _ratio(f"{kernel}_of_roofline", "fastest", "roofline")
        yield _ratio(f"{kernel}_vs_numpy", "fastest", "numpy")


def _ratio(name: str, ours: str, theirs: str) -> Ratio:
    return Ratio(name, ours, theirs, _TARGETS.get(name))
