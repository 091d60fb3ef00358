"""A workload by so many agents, each in its way: our kernel alone, whole rounds, and pymdp's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np

from ..coordination.outcome import Status
from ..coordination.vitals.machine import usable_cores
from ..errors import MissingExtraError, WorkError
from ..models.active_inference import ActiveInference
from ..models.agent import Place
from ..models.kernels.rows import Rows, Turn
from ..models.learning.rows import LearningRows
from ..models.matrices import Array, Indices
from ..society import Society
from .harness import Absent, Variant
from .inference_workloads import STEPS, Workload, workload
from .pymdp_agents import JittedAgents, LegacyAgents
from .workloads import CELLS


class Amount(NamedTuple):
    """How many agents, and how many steps each variant makes in a repeat."""

    agents: int
    kernel: int
    rounds: int
    batch: int | str
    """Of pymdp's batch, or why it is left out; 0 where nobody asks for it."""
    legacy: int | str
    """Of pymdp's legacy agents, likewise."""
    repeats: int = 5
    warm_ups: int = 1

    @property
    def beside_legacy(self) -> bool:
        """Whether this is about legacy agents alone, who take seconds for a step."""
        return not self.batch


class _Stepped(Protocol):
    """So many agents that take a step together."""

    def step(self, seen: Indices) -> Any: ...

    @property
    def beliefs(self) -> Array: ...

    @property
    def counted(self) -> float | None: ...


@contextmanager
def variants(name: str, amount: Amount) -> Iterator[list[Variant | Absent]]:
    """Start all that there are; they have to believe the same after one observation.

    Args:
        name: of the workload.

    Raises:
        WorkError: they do not, so their times cannot be compared.
    """
    work, n = workload(name), amount.agents
    seen = work.seen(n)
    with ExitStack() as stack:
        cores = stack.enter_context(ThreadPoolExecutor(usable_cores()))
        fastest = Batch(work, "auto", n, cores)
        ours = [_variant("fastest", amount.kernel, work, seen, fastest)]
        if not (amount.beside_legacy or work.learns) and isinstance(fastest.rows, Rows):
            reference = Batch(work, "numpy", n, cores)
            ours.append(_variant("numpy", max(1, amount.kernel // 4), work, seen, reference))
            ours.append(_roofline(fastest.rows, amount))
        rounds = stack.enter_context(_rounds(work, n))
        ours.append(Variant("cohort", amount.rounds, rounds.play, rounds.check))
        yield [*ours, *_theirs(work, amount, seen, fastest, stack)]


def _theirs(
    work: Workload, amount: Amount, seen: Indices, ours: Batch, stack: ExitStack
) -> Iterator[Variant | Absent]:
    n, learns = amount.agents, bool(work.learns)
    ours.step(seen[0])
    for name, steps in (("pymdp_batch", amount.batch), ("legacy_threads", amount.legacy)):
        if not steps:
            continue
        if isinstance(steps, str):
            yield Absent(name, steps)
            continue
        try:
            theirs: Any
            if name == "pymdp_batch":
                theirs = JittedAgents(work.model, work.length, n, learns=learns)
            else:
                theirs = stack.enter_context(
                    LegacyAgents.on_threads(work.model, work.length, n, learns=learns)
                )
        except MissingExtraError as error:
            yield Absent(name, str(error))
            continue
        theirs.step(seen[0])
        if wrong := disagreement(ours.beliefs, theirs.beliefs):
            raise WorkError(name, wrong)
        yield _variant(name, steps, work, seen, theirs)


def disagreement(ours: Any, theirs: Any) -> str:
    """Say by how much beliefs after one observation differ; empty if they do not."""
    widest = float(np.abs(np.asarray(theirs) - ours).max())
    if widest <= 1e-5:  # theirs may be float32
        return ""
    return f"beliefs differ by {widest:.1e} after the same observation"


def _variant(name: str, steps: int, work: Workload, seen: Indices, agents: _Stepped) -> Variant:
    def run(count: int) -> Indices:
        actions: Any = None
        for k in range(count):
            actions = agents.step(seen[k % STEPS])
        return np.concatenate(actions, axis=None)

    def check(_: int, actions: Indices) -> str:
        return work.wrong(actions, np.asarray(agents.beliefs), agents.counted)

    return Variant(name, steps, run, check)


class Batch:
    """All agents on one kernel; each core has some of them."""

    def __init__(self, work: Workload, backend: str, n: int, cores: ThreadPoolExecutor) -> None:
        self.rows, self._step = work.laid(backend, n)
        self._cores = cores
        share = -(-n // usable_cores())
        self._parts = [np.arange(k, min(k + share, n)) for k in range(0, n, share)]
        self._last: list[Indices] = []
        self.steps = 0

    @property
    def beliefs(self) -> Array:
        return self.rows.beliefs

    @property
    def counted(self) -> float | None:
        """What the first has in its counts of A, after as many steps as all should have made.

        Raises:
            WorkError: an agent counted others.
        """
        counted = set(self.rows.step.tolist())
        if counted != {self.steps}:
            raise WorkError("kernel", f"agents counted {sorted(counted)[:5]} of {self.steps} steps")
        if not isinstance(self.rows, LearningRows):
            return None
        return float(self.rows.own.counts(0)[0][0].sum())

    def step(self, seen: Indices) -> list[Indices]:
        """Give the actions of all, part by part."""
        turns = [self._turn(k, seen) for k in range(len(self._parts))]
        others = [self._cores.submit(self._step, turn) for turn in turns[1:]]
        # Who hands out the work does some of it, as workers of a society do.
        self._last = [self._step(turns[0]), *(other.result() for other in others)]
        self.steps += 1
        return self._last

    def _turn(self, k: int, seen: Indices) -> Turn:
        part = self._parts[k]
        if self._last:
            return Turn(part, seen[part], self._last[k], np.arange(1, len(part) + 1))
        factors = () if len(self.rows.parts) == 1 else (1,)
        return Turn(part, seen[part], np.zeros((0, *factors), np.int64), np.zeros(len(part), int))


def _roofline(rows: Rows, amount: Amount) -> Variant:
    """Give the product that scores policies, as one call of BLAS on all cores."""
    compiled = rows.compiled
    n_columns = compiled.n_operators * (len(compiled.likelihood) + 1)
    rng = np.random.default_rng(7)
    beliefs, columns = rng.random((amount.agents, CELLS)), rng.random((CELLS, n_columns))

    def run(steps: int) -> Any:
        product = np.empty((amount.agents, n_columns))
        for _ in range(steps):
            np.matmul(beliefs, columns, out=product)
        return product

    def check(_: int, product: Any) -> str:
        return "" if np.allclose(product[0], beliefs[0] @ columns) else "another product"

    return Variant("roofline", amount.kernel, run, check)


class Listed(ActiveInference):
    """An agent that writes itself into a list, so that its work can be checked."""

    together: ClassVar[bool] = True

    @classmethod
    def create(cls, place: Place, *, listed: list[Any] | None = None, **options: Any) -> Self:
        """Make one for a place.

        Args:
            listed: where to enter it.
        """
        agent = super().create(place, **options)
        if listed is not None:
            listed.append(agent)
        return agent


@contextmanager
def _rounds(work: Workload, n: int) -> Iterator[_Rounds]:
    listed: list[ActiveInference] = []
    with Society(seed=7, timeout=60) as society:
        society.add(
            Listed,
            n,
            host="cohort",
            model=work.model,
            settings=work.settings,
            listed=listed,
        )
        society.start()
        yield _Rounds(society, work, listed)


class _Rounds:
    """Rounds of a society: everyone is called, infers, and its action is gathered."""

    def __init__(self, society: Society, work: Workload, listed: Sequence[ActiveInference]) -> None:
        self._society, self._work, self._listed = society, work, listed
        self._shown = [_shown(list(society), seen) for seen in work.seen(len(society))]
        self._rounds = 0

    def play(self, rounds: int) -> int:
        """Play rounds; give how many actions came in time."""
        taken = 0
        actions: Mapping[str, Any] = {}
        for k in range(rounds):
            outcome = self._society.step(self._shown[k % STEPS])
            taken += outcome.counts.get(Status.ACTED, 0)
            actions = outcome.actions
        self._actions = np.array(list(actions.values()))
        return taken

    def check(self, rounds: int, taken: int) -> str:
        """Hold the work against what so many rounds are."""
        self._rounds += rounds
        if taken != len(self._listed) * rounds:
            return f"{taken} actions in {rounds} rounds"
        steps = {int(agent.seat.rows.step[agent.seat.row]) for agent in self._listed}
        if steps != {self._rounds}:
            return f"agents counted {sorted(steps)[:5]} steps, after {self._rounds} rounds"
        some = self._listed[:: max(1, len(self._listed) // 10)]
        counted = np.sum(some[0].get_state()["pA"]) if self._work.learns else None
        beliefs = np.array([agent.beliefs for agent in some])
        return self._work.wrong(self._actions, beliefs, counted)


def _shown(names: Sequence[str], seen: Indices) -> Mapping[str, Any]:
    """Give each agent what it sees: a whole number, or an array with one for each modality."""
    if seen.shape[1] == 1:
        return dict(zip(names, seen[:, 0].tolist(), strict=True))
    return dict(zip(names, seen, strict=True))
