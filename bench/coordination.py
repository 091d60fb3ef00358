"""What do agents earn, and how fast are their rounds, when some of them straggle or crash?

The same societies with the same seeds, under protocols that wait for everybody, for a quorum,
or for the first few, on several dispatchers and in several worlds. Whether an act waits or
raises depends on seed, agent and round alone, so that all variants meet with the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import count, product
from typing import Any

from rich.console import Console

from ..coordination.catalogue import agent_type, environment_factory
from ..coordination.outcome import Status
from ..coordination.protocol import find_protocol
from ..errors import PluginError, UnknownNameError
from ..society import Society
from . import coordination_table
from .coordination_table import figure_name
from .harness import Absent, Better, Case, Figure, Quantity, Ratio, Variant
from .report import Report
from .trial import COUNTED, OPEN, Result, Risks, Setting, trial
from .turn import in_turn

__all__ = ["MPE2", "SMALL", "Plan", "cases", "show"]

MPE2 = (
    "collect_treasure_v1",
    "simple_v3",
    "simple_adversary_v3",
    "simple_crypto_v3",
    "simple_formation_v1",
    "simple_line_v1",
    "simple_push_v3",
    "simple_reference_v3",
    "simple_speaker_listener_v4",
    "simple_spread_v3",
    "simple_tag_v3",
    "simple_world_comm_v3",
)
"""What the family ``mpe2`` stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be compared; each field but the last few has a value for each variant."""

    worlds: Sequence[str] = (OPEN, "mpe2", "sisl/pursuit_v5")
    agents: Sequence[int] = (3, 10)
    protocols: Sequence[str] = ("barrier", "quorum:0.8", "first:3")
    dispatchers: Sequence[str] = ("pooled", "threaded")
    seeds: int = 20
    rounds: int = 25
    risks: Risks = Risks(0.05, 0.02, 0.01)
    kind: str | None = None
    """The type of the agents; None for explorers in the grid world, else random ones."""
    timeout: float = 30.0
    patience: float = 0.0

    def __post_init__(self) -> None:
        for name in ("worlds", "agents", "protocols", "dispatchers"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} needs values, each once, got {list(values)}")
        if min(self.seeds, self.rounds, *self.agents) < 1:
            raise ValueError("seeds, rounds and agents must be >= 1")
        for protocol in self.protocols:
            find_protocol(protocol)

    def check(self) -> None:
        """See that there is all that is named, before anything is measured.

        A world may lack its package; then it is skipped with a word.

        Raises:
            UnknownNameError: there is no such world in its package, or no such type of agent.
            PluginError: the type of agent cannot be loaded.
            SettingsError: no dispatcher is called that, or a time is none.
        """
        for world in _spread_out(self.worlds):
            # One that is there may need another, which is not.
            with suppress(*([PluginError] if "/" in world else [])):
                if _has_its_package(world):
                    environment_factory(world)
        if self.kind is not None:
            agent_type(self.kind)
        for dispatcher in self.dispatchers:
            Society(
                dispatcher=dispatcher, timeout=self.timeout, protocol_patience=self.patience
            ).stop()

    def cases(self) -> list[Case]:
        """Give a case for each world and number of agents."""
        return [
            self._case(world, n)
            for world in _spread_out(self.worlds)
            for n in (self.agents if world in (OPEN, *COUNTED) else (None,))
        ]

    def _case(self, world: str, n: int | None) -> Case:
        kind = self.kind or ("explorer" if world == OPEN else "random")
        setting = Setting(world, n, kind, "", "", self.risks, self.timeout, self.patience)
        settings = {
            f"{protocol}, {dispatcher}": replace(setting, protocol=protocol, dispatcher=dispatcher)
            for dispatcher, protocol in product(self.dispatchers, self.protocols)
        }
        case = f"{world}, {'its own' if n is None else n}"
        return Case(
            name=case,
            unit="round",
            repeats=self.seeds,
            variants=partial(_variants, settings, self.rounds),
            ratios=(*_quantities(case, settings), *self._ratios(case)),
            warm_ups=0,
        )

    def _ratios(self, case: str) -> Iterator[Figure]:
        first, *others = self.protocols
        for dispatcher, protocol in product(self.dispatchers, others):
            yield Ratio(
                f"{case}, {dispatcher}: {protocol}_vs_{first}",
                f"{protocol}, {dispatcher}",
                f"{first}, {dispatcher}",
            )


SMALL = Plan(
    worlds=(OPEN, "mpe2/simple_spread_v3"),
    agents=(5,),
    dispatchers=("pooled",),
    seeds=2,
    rounds=10,
    risks=Risks(0.05, 0.02, 0.01),
)


def cases(*, small: bool) -> list[Case]:
    """Give the worlds, without any options."""
    return (SMALL if small else Plan()).cases()


def show(report: Report, console: Console) -> None:
    """Print what came of the worlds without any options."""
    coordination_table.show(report, console, (SMALL if report.small else Plan()).risks)


def _spread_out(worlds: Sequence[str]) -> Iterator[str]:
    """Give the worlds one by one, a family by its members."""
    for world in worlds:
        if world == "mpe2":
            yield from (f"mpe2/{name}" for name in MPE2 if f"mpe2/{name}" not in worlds)
        else:
            yield world


def _has_its_package(world: str) -> bool:
    family, slash, _ = world.partition("/")
    return not slash or any(map(_is_there, (family, f"pettingzoo.{family}")))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # no package that it would be a part of, or no name at all
        return False


READINGS: dict[str, tuple[str, Callable[[Result], float], Better]] = {
    "return": ("reward that an agent earned", lambda made: made.gain, Better.MORE),
    "p50_ms": ("ms of a round, the middle one", lambda made: made.round_ms(0.50), Better.LESS),
    "p99_ms": ("ms of a round, all but 1 %", lambda made: made.round_ms(0.99), Better.LESS),
    "messages": (
        "calls, answers and what agents hear of each other, a round",
        lambda made: made.messages,
        Better.LESS,
    ),
    **{
        str(status): (
            f"share of agent-rounds that ended {status}",
            partial(lambda status, made: made.share(status), status),
            Better.MORE if status is Status.ACTED else Better.LESS,
        )
        for status in Status
    },
}
"""What is read off each trial beside its time: what it is, how, and which way is better."""


def _quantities(case: str, variants: Iterable[str]) -> Iterator[Figure]:
    for variant, (name, (meaning, read, better)) in product(variants, READINGS.items()):
        yield Quantity(figure_name(case, variant, name), variant, meaning, read, better)


@contextmanager
def _variants(settings: dict[str, Setting], rounds: int) -> Iterator[list[Variant | Absent]]:
    why = _why_absent(settings)
    if why:
        yield [Absent(name, why) for name in settings]
    else:
        yield [_variant(name, setting, rounds) for name, setting in settings.items()]


def _why_absent(settings: dict[str, Setting]) -> str:
    try:
        for world in {setting.world for setting in settings.values()}:
            environment_factory(world)
    except (UnknownNameError, PluginError) as error:
        return str(error)
    return ""


def _variant(name: str, setting: Setting, rounds: int) -> Variant:
    # The repeats of all variants have the same seeds, in the same order.
    seeds = count(1)
    return in_turn(name, rounds, lambda: trial(setting, next(seeds)), _check)


def _check(rounds: int, made: Any) -> str:
    done, ended = made.run.rounds, sum(made.run.outcomes.values())
    if done != rounds:
        return f"{done} of {rounds} rounds"
    if not made.run.outcomes["acted"]:
        return "nobody acted"
    return "" if ended == rounds * made.members else f"{ended} outcomes in {rounds} rounds"
