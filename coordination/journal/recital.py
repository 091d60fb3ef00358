"""What stands in for the environment while a run is played again, up to a state that was kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from ...errors import JournalError
from ...logs import get_logger
from ...memory.store.values import encode
from ...models.experience import Experience
from ...models.frozen import frozen
from ..environment import Environment, Transition
from ..rollout import Rollout
from .frames import steps
from .history import History
from .lived import lives_in

log = get_logger(__name__)


class _Known(NamedTuple):
    """One step as the journal tells it."""

    lived: Mapping[str, Experience]
    over: bool


_NOTHING = _Known({}, over=True)


class Recital:
    """Says what the environment said and does not step it; then has it go on from its state.

    It is reset all the same, for agents may look at it when their episode begins, and some make
    only then what a state is put into.

    Attributes:
        name: the environment's.
        last: the round of the state.
    """

    def __init__(self, history: History, rollout: Rollout, last: int, state: Any) -> None:
        self._rollout = rollout
        self._place = history.folder
        assert isinstance(rollout.environment, Environment)  # nobody stands in for it yet
        self._environment = rollout.environment
        self._state = state
        self._steps = _known(history)
        self._now = next(self._steps)
        self.name = self._environment.name
        self.last = last
        rollout.environment = self

    def reset(self, seed: int) -> dict[str, Any]:
        self._environment.reset(seed)
        return self._seen()

    def _seen(self) -> dict[str, Any]:
        return {agent_id: frozen(lived.observation) for agent_id, lived in self._now.lived.items()}

    def step(self, actions: Mapping[str, Any]) -> Transition:
        then, self._now = self._now, next(self._steps, _NOTHING)
        lived = then.lived.items()
        return Transition(
            # Whoever is not called in the next round has nothing to see.
            observations={} if then.over else self._seen(),
            rewards={agent_id: one.reward for agent_id, one in lived if one.reward is not None},
            terminations={agent_id: one.terminated for agent_id, one in lived},
            truncations={agent_id: one.truncated for agent_id, one in lived},
        )

    def end(self) -> None:
        """Let the environment go on from its state.

        Raises:
            JournalError: it is not what it was, though it was given its state.
            WorldError: it raised.
        """
        environment = self._environment
        environment.set_state(self._state)
        if encode(environment.get_state()) != encode(self._state):
            rule = f"environment {self.name} is not what it was, given its state of round"
            raise JournalError(self._place, f"{rule} {self.last}: set_state lacks something")
        self._rollout.environment = environment
        log.info("environment.restored", environment=self.name, round=self.last)


def _known(history: History) -> Iterator[_Known]:
    for told in steps(history):
        values = told.entry.values("lived")
        lives = chain.from_iterable(map(lives_in, values))
        yield _Known(
            dict(zip(told.members, lives, strict=True)), bool(values[0].get("over", False))
        )


def recital_of(history: History, rollout: Rollout, since: Iterable[int]) -> Recital | None:
    """Give what stands in for the environment, if it has a state and nobody sees the difference.

    Args:
        since: for each agent the round before which nobody calls it. An agent that is called
            may look at the environment, and would find it where it was at the beginning.
    """
    environment = rollout.environment
    taken = history.world(min(since, default=0))
    if taken is None or not isinstance(environment, Environment) or not environment.has_state:
        return None
    return Recital(history, rollout, *taken)
