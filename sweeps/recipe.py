"""What is run in each cell of a sweep, in words that another process understands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from ..coordination.journal.origin import World
from ..layers import setting_names
from ..memory.settings import MemorySettings
from ..settings import SocietySettings
from ..society import Society

AGENTS = 50
"""How many are put into an open world where nobody says."""
_WORLD = "world."
"""What the name of a parameter begins with that is an option of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A society, all but its seed, and how long it runs; all of it JSON values."""

    environment: str = "grid-world"
    """As ``antiphon run`` takes it."""
    world: Mapping[str, Any] = field(default_factory=dict)
    """Options of the environment."""
    type: str | None = None
    """Of the agents; None: explorer in the grid world, else random."""
    agents: int | None = None
    """How many; None: all that the environment has, or some in an open world."""
    host: str = "agent-actor"
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the agents."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the society and its memory."""
    config: str | None = None
    steps: int | None = None
    episodes: int | None = None

    def __post_init__(self) -> None:
        n = self.agents
        if n is not None and (not isinstance(n, int) or isinstance(n, bool) or n < 1):
            raise ValueError(f"agents must be a whole number >= 1, got {n!r}")

    def to_dict(self) -> dict[str, Any]:
        """Give everything as JSON values; ``Recipe(**…)`` takes it."""
        return asdict(self)

    def changed(self, parameters: Mapping[str, Any]) -> Self:
        """Give the recipe with these values, each put where its name belongs.

        Args:
            parameters: ``world.KEY`` is an option of the environment; a field of a recipe, or
                a setting, is that; anything else is an option of the agents.

        Raises:
            ValueError: a value is not made of JSON, or a name is not a sweep's to give.
        """
        recipe = self
        for name, value in parameters.items():
            recipe = recipe._with(name, _json(name, value))
        return recipe

    def _with(self, name: str, value: Any) -> Self:
        if name == "seed":
            raise ValueError("a sweep takes seeds apart, and no parameter called seed")
        if name.startswith(_WORLD):
            return replace(self, world={**self.world, name.removeprefix(_WORLD): value})
        if name in _FIELDS:
            return replace(self, **{name: value})
        if name.lower() in _SETTINGS:
            return replace(self, settings={**self.settings, name: value})
        return replace(self, options={**self.options, name: value})

    def society(self, seed: int) -> Society:
        """Found the society, with its agents, as ``antiphon run`` does; it is not started.

        Raises:
            AntiphonError, ValueError, TypeError: something in the recipe does not do.
        """
        # No cell's tables are read by anybody; the trace does not depend on them.
        settings = {"tables": False, **self.settings, "seed": seed}
        world = World(self.environment, self.world)
        society = Society(world, config=self.config, **settings)
        try:
            grid = self.environment == "grid-world"
            kind = self.type or ("explorer" if grid else "random")
            n = AGENTS if self.agents is None and society.open else self.agents
            society.add(kind, n=n, host=self.host, **self.options)
        except BaseException:  # Ctrl-C too: nobody else has it, to stop it
            society.stop()
            raise
        return society


_FIELDS = frozenset(f.name for f in fields(Recipe)) - {"world", "options", "settings", "config"}
_SETTINGS = frozenset([*setting_names(SocietySettings), *setting_names(MemorySettings)])


def _json(name: str, value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be made of JSON values, got {value!r}") from error
