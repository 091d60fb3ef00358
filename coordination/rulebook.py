"""A society's settings, where each comes from, and the rules of a round they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from ..errors import SettingsError, UnknownNameError
from ..layers import Layers, Resolved, resolve, sort_options
from ..memory.settings import MemorySettings
from ..settings import SettingsType, SocietySettings
from .environment import Environment
from .fallback import choose_fallback
from .joint_action import Rules
from .protocol import Barrier, CoordinationProtocol, find_protocol
from .tuner import TunerSettings
from .vitals.health import HealthSettings

KINDS: tuple[type[SettingsType], ...] = (
    SocietySettings,
    MemorySettings,
    HealthSettings,
    TunerSettings,
)
"""What a society has settings of, beside its agents."""
_Kind = TypeVar("_Kind", bound=SettingsType)


class Rulebook:
    """Holds the society's settings and those of its agent types.

    The rules are made when the society starts, and again at every change, so that what the
    environment does not bear is refused at once and not in the middle of a run.
    """

    def __init__(self, layers: Layers, keywords: Mapping[str, Any]) -> None:
        self.layers = layers
        given = sort_options(KINDS, keywords)
        self._own = {kind: resolve(kind, layers, given[kind]) for kind in KINDS}
        self._agents: dict[str, Resolved] = {}
        self._protocol = self._find_protocol()
        self._environment: Environment | None = None
        self._agent_ids: tuple[str, ...] = ()
        self._rules: Rules | None = None

    def _find_protocol(self) -> CoordinationProtocol | None:
        """Give what says when a round may close; None where it is nobody before all have."""
        try:
            found = find_protocol(self.settings.protocol)
        except ValueError as error:
            raise SettingsError("protocol", str(error), source=self.source("protocol")) from None
        return None if isinstance(found, Barrier) else found

    @property
    def settings(self) -> SocietySettings:
        return self._values_of(SocietySettings)

    @property
    def memory(self) -> MemorySettings:
        """What each agent remembers."""
        return self._values_of(MemorySettings)

    @property
    def health(self) -> HealthSettings:
        """From where on a health check warns."""
        return self._values_of(HealthSettings)

    @property
    def tuner(self) -> TunerSettings:
        """How a tuner decides, where there is one."""
        return self._values_of(TunerSettings)

    def _values_of(self, kind: type[_Kind]) -> _Kind:
        values: _Kind = self._own[kind].values
        return values

    @property
    def rules(self) -> Rules:
        """What holds for the next round.

        Raises:
            RuntimeError: the society has not started.
        """
        if self._rules is None:
            raise RuntimeError("rules are made when the society starts")
        return self._rules

    def note_agents(self, name: str, settings: Resolved) -> None:
        """Keep the settings of one type of agents, to be asked for."""
        self._agents[name] = settings

    def open(
        self,
        environment: Environment | None,
        agent_ids: Iterable[str],
        kinds: Iterable[type[SettingsType]],
    ) -> None:
        """Make the rules, now that it is known who lives where.

        Args:
            kinds: the settings types of agents; keys of no type are refused.

        Raises:
            SettingsError: a key is nobody's, or the environment does not bear a setting.
        """
        self.layers.check({*KINDS, *kinds})
        self._check_memory()
        self._environment, self._agent_ids = environment, tuple(agent_ids)
        self._rules = self.rules_for()

    def _check_memory(self) -> None:
        if self.memory.memory_size:
            return
        for key, source in self._own[MemorySettings].sources.items():
            if source != "default" and key != "memory_size":
                raise SettingsError(key, "needs a memory_size above 0", source=source)

    def rules_for(self, **changes: Any) -> Rules:
        """Give the rules with some settings changed for one round; errors as ``change``."""
        settings: SocietySettings = self._own[SocietySettings].with_changes(**changes).values
        try:
            fallback = choose_fallback(
                settings.on_missing, settings.default_action, self._environment, self._agent_ids
            )
        except SettingsError as error:
            raise SettingsError(error.key, error.why, source=self.source(error.key)) from None
        if fallback is None and self._protocol is not None:
            why = f"'raise' leaves nothing in place of those that {settings.protocol} leaves out"
            raise SettingsError("on_missing", why, source=self.source("on_missing"))
        return Rules(
            settings.timeout,
            settings.batch_size,
            fallback,
            settings.metrics,
            settings.gc_interval,
            self._protocol,
            settings.protocol_patience,
        )

    def change(self, **changes: Any) -> None:
        """Change settings from the next round on.

        Raises:
            SettingsError: a key is unknown or fixed, or a value breaks its rule.
        """
        given = {kind: some for kind, some in sort_options(KINDS, changes).items() if some}
        changed = {kind: self._own[kind].with_changes(**some) for kind, some in given.items()}
        if self._rules is not None and SocietySettings in given:
            self._rules = self.rules_for(**given[SocietySettings])
        self._own.update(changed)

    def set_dispatcher(self, dispatcher: str) -> None:
        """Note that actors are run otherwise from now on."""
        society = self._own[SocietySettings]
        self._own[SocietySettings] = society.with_changes(at_rest=True, dispatcher=dispatcher)

    def source(self, key: str) -> str:
        """Say where a value comes from: default, a path, environment or keyword.

        Raises:
            UnknownNameError: there is no such setting.
        """
        first, *others = self._own.values()
        # Agents may have a setting of the same name, and theirs is meant by who added them.
        for resolved in (first, *self._agents.values(), *others):
            if key in resolved.sources:
                return resolved.sources[key]
        known = [name for resolved in self._own.values() for name in resolved.sources]
        raise UnknownNameError("setting", key, known=known)

    def values(self) -> dict[str, Any]:
        """Give every setting of a society by name, to found an equal one with."""
        parts: list[Any] = [self.settings, self.health, self.tuner]
        if self.memory.memory_size:
            parts.append(self.memory)
        return {f.name: getattr(part, f.name) for part in parts for f in fields(part)}

    def to_dict(self) -> dict[str, Any]:
        """Give every value with its source, for a manifest."""
        own = {kind.section: resolved for kind, resolved in self._own.items()}
        return {name: resolved.to_dict() for name, resolved in {**own, **self._agents}.items()}
