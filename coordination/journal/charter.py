"""What a society was founded with, as values, so that it can be founded again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from typing import Any, NamedTuple, Self

from ...errors import StoreCorruptError
from ...settings import SocietySettings
from ..environment import Environment
from ..membership import Addition, Membership
from ..records.length import Length
from ..records.manifest import fingerprint, version
from ..roster import Roster
from ..rulebook import Rulebook
from .origin import NamelessError, World, built, given, name_of, plain, world_of

VERSION = 1


class Came(NamedTuple):
    """Agents that came together."""

    kind: str
    ids: list[str]
    host: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Charter:
    """All that decides how a run goes, beside what comes from outside while it does."""

    world: World | None
    """None where the environment was given as an object."""
    settings: dict[str, Any]
    agents: list[Came]
    together: list[list[str]]
    steps: int | None
    episodes: int | None
    begun: int
    """How many rounds had been played before."""
    absent: dict[str, str]
    """What could not be written down, by the argument of ``Society.resume`` that brings it
    back, each with a word on why."""
    fingerprint: dict[str, Any]
    plugins: dict[str, str | None]
    """Versions of the packages that agents and environment come from."""
    branched: dict[str, Any] | None = None
    """From which run and round, if it did."""

    @property
    def length(self) -> Length:
        return Length(self.steps, self.episodes)

    def value(self) -> dict[str, Any]:
        """Give it as a value for a row."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        world = None if self.world is None else asdict(self.world)
        agents = [came._asdict() for came in self.agents]
        return {**values, "version": VERSION, "world": world, "agents": agents}

    @classmethod
    def of_value(cls, value: Any, path: object) -> Self:
        """Give back what ``value`` gave.

        Raises:
            StoreCorruptError: that is no charter, or one of another version.
        """
        try:
            found = dict(value)
            if (came := found.pop("version")) != VERSION:
                rule = f"has a journal of version {came}, and this antiphon reads {VERSION}"
                raise StoreCorruptError(path, rule)
            world = found["world"]
            found["world"] = None if world is None else World(**world)
            found["agents"] = [Came(**one) for one in found["agents"]]
            return cls(**found)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise StoreCorruptError(path, f"says nowhere what the run was: {error}") from error

    def build(self) -> Callable[[], Any] | None:
        """Give what builds the environment, if that is known."""
        return None if self.world is None else built(self.world)

    def keywords(self) -> dict[str, Any]:
        """Give the settings to found the society with."""
        values: dict[str, Any] = given(self.settings)
        return values

    def differences(self) -> list[str]:
        """Say what of the machine and its packages is not as it was."""
        then = {**_flat(self.fingerprint), **_flat({"plugins": self.plugins})}
        plugins = {name: version(name) for name in self.plugins}
        now = {**_flat(fingerprint()), **_flat({"plugins": plugins})}
        return [
            f"{name} was {then.get(name)}, is {now.get(name)}"
            for name in sorted({*then, *now})
            if then.get(name) != now.get(name)
        ]


def charter_of(
    rulebook: Rulebook,
    membership: Membership,
    environment: Environment,
    length: Length,
    *,
    begun: int,
    objects: Mapping[str, Any],
) -> Charter:
    """Write down what a society was founded with.

    Args:
        objects: by the name of an argument, what cannot be written; None where it was not given.
    """
    clerk = _Clerk()
    clerk.absent |= {name: f"{name} was given as an object" for name, it in objects.items() if it}
    world = clerk.write("environment", lambda: world_of(environment.source))
    settings = {
        name: clerk.write(name, partial(plain, value)) for name, value in rulebook.values().items()
    }
    kinds = {one.kind for one in membership.roster.residents}
    return Charter(
        world=world,
        settings=settings,
        agents=[clerk.came(one, membership.roster) for one in membership.additions],
        together=membership.together,
        steps=length.steps,
        episodes=length.episodes,
        begun=begun,
        absent=clerk.absent,
        fingerprint=fingerprint(),
        plugins=_versions([type(environment.world), *kinds]),
    )


@dataclass(slots=True)
class _Clerk:
    """Writes things down by name, and keeps a list of those that have none."""

    absent: dict[str, str] = field(default_factory=dict)

    def write(self, what: str, write: Callable[[], Any], about: str = "") -> Any:
        try:
            return write()
        except NamelessError as error:
            self.absent.setdefault(what, f"{about or what}: {error}")
        return None

    def came(self, one: Addition, roster: Roster) -> Came:
        (resident, *_) = (who for who in roster.residents if who.agent_id == one.ids[0])
        kind, host = resident.kind, resident.host
        options = dict(resident.options)
        # As they were resolved: a file or the environment may say something else by then.
        settings = options.pop("settings", None)
        if settings is not None:
            options |= {each.name: getattr(settings, each.name) for each in fields(settings)}
        return Came(
            self.write("agents", partial(name_of, kind)) or kind.__qualname__,
            list(one.ids),
            self.write("agents", partial(name_of, host)) or host.__qualname__,
            {
                key: self.write("agents", partial(plain, value), f"{key} of {kind.__qualname__}")
                for key, value in options.items()
            },
        )


def unrepeatable(settings: SocietySettings, begun: int) -> str:
    """Say what in a run that is kept nobody could make happen again; empty if there is nothing.

    Args:
        begun: how many rounds its society had played before.
    """
    if begun:
        return f"its society had played {begun} rounds before"
    if settings.delivery != "ordered":
        return "what agents said was heard at once, in any order"
    return ""


def _versions(kinds: Iterable[type]) -> dict[str, str | None]:
    packages = sorted({kind.__module__.partition(".")[0] for kind in kinds} - {"builtins"})
    return {package: version(package) for package in packages}


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        whole = f"{before}{name}"
        flat |= _flat(value, f"{whole}.") if isinstance(value, Mapping) else {whole: value}
    return flat
