"""A society's settings, where each comes from, and the rules of a round they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from ..errors import SettingsError, UnknownNameError
from ..layers import Layers, Resolved, resolve, split_options
from ..memory.settings import MemorySettings
from ..settings import SettingsType, SocietySettings
from .environment import Environment
from .fallback import choose_fallback
from .joint_action import Rules
from .protocol import Barrier, CoordinationProtocol, find_protocol


class Rulebook:
    """Holds the society's settings and those of its agent types.

    The rules are made when the society starts, and again at every change, so that what the
    environment does not bear is refused at once and not in the middle of a run.
    """

    def __init__(self, layers: Layers, keywords: Mapping[str, Any]) -> None:
        self.layers = layers
        remembered, others = split_options(MemorySettings, keywords)
        self._society = resolve(SocietySettings, layers, others)
        self._memory = resolve(MemorySettings, layers, remembered)
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
        values: SocietySettings = self._society.values
        return values

    @property
    def memory(self) -> MemorySettings:
        """What each agent remembers."""
        values: MemorySettings = self._memory.values
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
            kinds: every settings type that may have a say; other keys are refused.

        Raises:
            SettingsError: a key is nobody's, or the environment does not bear a setting.
        """
        self.layers.check({SocietySettings, MemorySettings, *kinds})
        self._check_memory()
        self._environment, self._agent_ids = environment, tuple(agent_ids)
        self._rules = self.rules_for()

    def _check_memory(self) -> None:
        if self.memory.memory_size:
            return
        for key, source in self._memory.sources.items():
            if source != "default" and key != "memory_size":
                raise SettingsError(key, "needs a memory_size above 0", source=source)

    def rules_for(self, **changes: Any) -> Rules:
        """Give the rules with some settings changed for one round; errors as ``change``."""
        settings: SocietySettings = self._society.with_changes(**changes).values
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
        for key in split_options(MemorySettings, changes)[0]:
            raise SettingsError(key, "cannot change once the society exists")
        rules = None if self._rules is None else self.rules_for(**changes)
        self._society = self._society.with_changes(**changes)
        self._rules = rules

    def set_dispatcher(self, dispatcher: str) -> None:
        """Note that actors are run otherwise from now on."""
        self._society = self._society.with_changes(at_rest=True, dispatcher=dispatcher)

    def source(self, key: str) -> str:
        """Say where a value comes from: default, a path, environment or keyword.

        Raises:
            UnknownNameError: there is no such setting.
        """
        for resolved in (self._society, self._memory, *self._agents.values()):
            if key in resolved.sources:
                return resolved.sources[key]
        raise UnknownNameError("setting", key, known=list(self._society.sources))

    def values(self) -> dict[str, Any]:
        """Give every setting of a society by name, to found an equal one with."""
        parts: list[Any] = [self.settings]
        if self.memory.memory_size:
            parts.append(self.memory)
        return {f.name: getattr(part, f.name) for part in parts for f in fields(part)}

    def to_dict(self) -> dict[str, Any]:
        """Give every value with its source, for a manifest."""
        parts = {"society": self._society, "memory": self._memory, **self._agents}
        return {name: resolved.to_dict() for name, resolved in parts.items()}
