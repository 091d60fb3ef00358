"""How quickly do agents infer, beside pymdp jitted, in batches and legacy, and what is possible?

One step is everything from an observation to an action: belief, plan, draw, and the action
taken back. Ours is measured as the kernel alone, on all cores, and as whole rounds of a
society, every agent called and its action gathered; pymdp's as its batch, jitted, and as
legacy agents that are mapped over a pool of 50 threads. The workloads are a grid with 5 (W1a)
and with 100 outcomes (W1b), a T-maze (W2), and the grid with A and B learned (W3a).
"""

from __future__ import annotations

from functools import partial

from .harness import Case, Ratio
from .inference_crowds import Amount, variants
from .inference_single import memory, profiles, single

_WORKLOADS = ("W1a", "W1b", "W2", "W3a")
_AMOUNTS = (
    Amount(1, kernel=2000, rounds=200, batch=200, legacy=20),
    Amount(10, kernel=1000, rounds=200, batch=100, legacy=4),
    Amount(100, kernel=400, rounds=100, batch=20, legacy=1),
    Amount(1000, kernel=100, rounds=20, batch=4, legacy=0),
    Amount(10_000, kernel=10, rounds=4, batch=1, legacy=0),
)
_SMALL = {
    "W1a": (
        Amount(1, kernel=200, rounds=10, batch=20, legacy=2),
        Amount(1000, kernel=10, rounds=2, batch=1, legacy=0),
    ),
    "W2": (Amount(10, kernel=10, rounds=5, batch=0, legacy=1),),
    "W3a": (Amount(10, kernel=10, rounds=5, batch=0, legacy=1),),
}
_TARGETS = {"kernel_1000_vs_pymdp_batch": 100.0, "kernel_1000_of_roofline": 0.2}
_GATED = 15
"""Repeats where there is a target."""


def cases(*, small: bool) -> list[Case]:
    """Give the workloads by number of agents, one agent's whole step, and its memory."""
    steps, repeats = (50, 2) if small else (500, _GATED)
    amounts = _SMALL if small else {name: _full(name) for name in _WORKLOADS}
    return [
        *(_case(name, one, small=small) for name, some in amounts.items() for one in some),
        *(single(length, steps, repeats) for length in (1, 3)),
        profiles(steps, repeats),
        memory(),
    ]


def _full(name: str) -> list[Amount]:
    """Give all sizes; what takes longer by its nature takes fewer steps."""
    if name in {"W1a", "W2"}:
        return list(_AMOUNTS)
    slow = [one._replace(kernel=max(2, one.kernel // 8)) for one in _AMOUNTS]
    # Each agent of a batch has its own copy of A and B, and what it has counted of them.
    slow[-2:] = [slow[-2]._replace(batch=1), slow[-1]._replace(batch=0)]
    return slow


def _case(name: str, amount: Amount, *, small: bool) -> Case:
    suffix = f"_{amount.agents}" + ("" if name == "W1a" else f"_{name}")
    rounds = f"rounds_{amount.agents}_{name}"
    ratios = [
        Ratio(f"kernel{suffix}_vs_pymdp_batch", "fastest", "pymdp_batch"),
        Ratio(f"kernel{suffix}_vs_legacy_threads", "fastest", "legacy_threads"),
        Ratio(f"{rounds}_vs_pymdp_batch", "cohort", "pymdp_batch"),
        Ratio(f"{rounds}_vs_legacy_threads", "cohort", "legacy_threads"),
    ]
    if name in {"W1a", "W1b"}:
        ratios += [
            Ratio(f"kernel{suffix}_of_roofline", "fastest", "roofline"),
            Ratio(f"kernel{suffix}_vs_numpy", "fastest", "numpy"),
        ]
    aimed = [Ratio(one.name, one.ours, one.theirs, _TARGETS.get(one.name)) for one in ratios]
    is_gated = any(one.target is not None for one in aimed)
    return Case(
        name=f"{name}, {amount.agents:,} agents",
        unit="step of all",
        repeats=2 if small else _GATED if is_gated else 5,
        variants=partial(variants, name, amount),
        ratios=tuple(aimed),
    )
