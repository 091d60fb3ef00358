"""What is changed in a branch: settings of the society, or of those who live in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...errors import SettingsError
from ...layers import Resolved, setting_names, sort_options, split_options
from ...settings import SettingsType
from ..catalogue import agent_type
from ..options import settings_type_of
from ..rulebook import KINDS
from .charter import Came


class Overrides(NamedTuple):
    """Settings by name, as they were given."""

    society: dict[str, Any]
    agents: dict[str, Any]

    @classmethod
    def of(cls, given: Mapping[str, Any], agents: Iterable[Came]) -> Overrides:
        """Part them; what both have a setting for is the society's.

        Raises:
            SettingsError: a key is nobody's.
        """
        own = {name for kind in KINDS for name in setting_names(kind)}
        society = {key: value for key, value in given.items() if key.lower() in own}
        others = {key: value for key, value in given.items() if key not in society}
        if others:
            theirs = {_kind_of(came): None for came in agents}  # as a set with an order
            sort_options((*KINDS, *(kind for kind in theirs if kind is not None)), others)
        return cls(society, others)

    def check_agents_stay(self) -> None:
        """See that nobody is changed who has lived already.

        Raises:
            SettingsError: somebody is to be.
        """
        for key in self.agents:
            rule = "is a setting of agents, which a branch takes from its beginning on: at=0"
            raise SettingsError(key, rule)

    def keywords(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give what a society is founded with, with what is changed; errors as ``options``."""
        changed = dict(values)
        for kind in KINDS:
            changed = _changed(kind, changed, self.society)
        return changed

    def options(self, came: Came) -> dict[str, Any]:
        """Give the options of agents with what is changed in them.

        Raises:
            SettingsError: a value breaks its rule.
        """
        kind = _kind_of(came) if self.agents else None
        return came.options if kind is None else _changed(kind, came.options, self.agents)


def _changed(
    kind: type[SettingsType], values: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change settings of one type; they are called by whatever name, and come by their own."""
    own, _ = split_options(kind, changes)
    if not own:
        return dict(values)
    settings, _ = split_options(kind, values)
    changed = Resolved(kind(**settings), {}).with_changes(at_rest=True, **own)
    return {**values, **{name: getattr(changed.values, name) for name in changed.sources}}


def _kind_of(came: Came) -> type[SettingsType] | None:
    return settings_type_of(agent_type(came.kind))
