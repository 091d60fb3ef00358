"""What has to be known of an agent to teach it what it lived; it may be sent to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from ..generative import GenerativeModel
from ..learning.concentrations import Concentrations
from ..learning.learning import Learning
from ..learning.parameters import grown
from ..learning.replay import COUNTS, Night, Taught, Trail
from ..matrices import Array
from .factored_crowd import rules_of


@dataclass(frozen=True, slots=True, eq=False)
class Pupil:
    """An agent's model and what it has counted, at one moment; nothing of it changes.

    Raises:
        ModelError: what it has counted does not fit the model.
    """

    shared: Concentrations
    """The model, and the counts that learning began with."""
    state: Mapping[str, Any]
    """What is counted now, as ``Parameters.set_state`` takes it."""
    kernel: str = "numpy"
    """Whose arithmetic it learns by."""
    trail: Trail | None = None
    """Where the experiences have ended that have taught it; None before the first."""
    agent_id: str | None = None

    def night(self) -> Night:
        """Go to sleep."""
        return Night(
            self.shared,
            state=self.state,
            trail=self.trail,
            rules=rules_of(self.kernel),
            agent_id=self.agent_id,
        )

    def after(self, taught: Taught) -> Self:
        """Give the pupil that knows this as well.

        Raises:
            ModelError: it does not fit.
        """
        state = grown(self.shared, self.state, taught.gains, self.agent_id)
        return replace(self, state=state, trail=taught.trail)

    def values(self) -> dict[str, Any]:
        """Give it as JSON values and arrays."""
        shared, model = self.shared, self.shared.model
        assert isinstance(model, GenerativeModel)  # of several factors nobody is taught
        dynamics = {"B": model.B} if model.moves is None else {"moves": model.moves}
        return {
            "model": {"A": model.A, **dynamics, "C": model.C, "D": model.D},
            "learning": asdict(shared.learning),
            "first": dict(zip(COUNTS, _firsts(shared), strict=True)),
            "state": dict(self.state),
            "kernel": self.kernel,
            "trail": None if self.trail is None else self.trail._asdict(),
            "agent_id": self.agent_id,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make it of its values; it teaches with the same bits."""
        given = dict(values["model"])
        make = GenerativeModel.deterministic if "moves" in given else GenerativeModel
        model: GenerativeModel = make(**given)
        trail = values["trail"]
        return cls(
            Concentrations(model, Learning(**values["learning"]), **values["first"]),
            values["state"],
            values["kernel"],
            None if trail is None else Trail(**trail),
            values["agent_id"],
        )


def taught_values(taught: Taught) -> dict[str, Any]:
    """Give what was taught as JSON values and arrays."""
    return {"gains": dict(taught.gains), "trail": taught.trail._asdict()}


def taught_of(values: Mapping[str, Any]) -> Taught:
    """Make it of its values."""
    return Taught(values["gains"], Trail(**values["trail"]))


def _firsts(shared: Concentrations) -> tuple[list[Array | None], ...]:
    """Give the counts of A, B and D that learning began with, as ``Concentrations`` takes them."""
    columns = shared.columns
    in_A = columns.layout.unpack_A(shared.A)
    counted = zip(in_A, shared.counted_A, strict=True)
    return (
        [counts if is_counted else None for counts, is_counted in counted],
        [columns.unpack_B(shared.B)[0] if shared.counted_B[0] else None],
        [shared.D if shared.learning.learn_D or shared.D.any() else None],
    )
