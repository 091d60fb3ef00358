"""An agent that infers what it cannot see and does what it expects to like, for any model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from ..errors import ModelError
from .agent import Agent, Context, Place
from .engine import prepare_backend, shared_engine
from .generative import GenerativeModel
from .matrices import Array
from .mind import Mind
from .observations import read_indices
from .policies import Plan
from .profile import InferenceSettings, Profile


class ActiveInference(Agent):
    """Acts by active inference on a generative model of yours.

    An observation is a whole number, or an array, list or tuple with one for each modality.
    Beliefs follow the action that was really executed, which ``context.previous`` tells.
    Agents with equal models share everything that does not depend on the agent.
    """

    compute_bound: ClassVar[bool] = True
    """The host runs ``act`` under the process's one compute token: many threads in numpy
    at once are slower than one after another. The host looks at the class itself, so a
    subclass, whose ``act`` may block, says so for itself."""

    settings_type = InferenceSettings

    def __init__(
        self,
        model: GenerativeModel | Mapping[str, Any],
        settings: InferenceSettings | None = None,
        *,
        agent_id: str | None = None,
    ) -> None:
        """Make one.

        Args:
            model: a model, or its matrices by name: A, B and, if you like, C and D.
            agent_id: whose model it is; error messages name it.

        Raises:
            ModelError: the model breaks a rule, or has too many policies.
            MissingExtraError: ``backend="pymdp"``, and pymdp is not installed.
        """
        settings = settings or InferenceSettings()
        profile = settings.resolved_profile()
        checked = _checked(model, agent_id)
        try:
            engine = shared_engine(checked, profile.policy_length, settings.backend)
        except ModelError as error:  # compiled models belong to nobody, and name nobody
            raise ModelError(error.field, error.rule, agent_id=agent_id) from None
        self._backend = settings.backend
        self._mind = Mind(engine, profile)

    @classmethod
    def prepare(cls, settings: InferenceSettings | None) -> None:
        prepare_backend((settings or InferenceSettings()).backend)

    @classmethod
    def create(
        cls,
        place: Place,
        *,
        model: GenerativeModel | Mapping[str, Any] | None = None,
        settings: InferenceSettings | None = None,
        **options: Any,
    ) -> Self:
        """Make one for a place, and check that the model fits its spaces.

        Raises:
            ModelError: there is no model, it breaks a rule, or it does not fit.
        """
        if model is None:
            raise ModelError("model", "must be given: model=…", agent_id=place.agent_id)
        agent = cls(model, settings, agent_id=place.agent_id, **options)
        _check_fit(agent.model, place)
        return agent

    @property
    def model(self) -> GenerativeModel:
        """The model, shared with all agents that have an equal one."""
        return self._mind.engine.model

    @property
    def profile(self) -> Profile:
        """How this agent infers, after the settings' changes."""
        return self._mind.profile

    @property
    def beliefs(self) -> Array:
        """What it holds of the state now: float64, shape (n_states,), a copy."""
        return self._mind.beliefs.copy()

    @property
    def surprise(self) -> float | None:
        """How little it expected what it last took in, in nats; None if it skipped that."""
        return self._mind.surprise

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode with the model's D and the seed's random stream."""
        self._mind.reset(seed)

    def act(self, observation: Any, context: Context) -> int:
        """Infer, plan and choose.

        Raises:
            ObservationError: the observation or an executed action does not fit the model;
                beliefs are as before.
        """
        mind = self._mind
        indices = read_indices(observation, self.model.n_observations, context.agent_id)
        mind.move(mind.past(context))
        mind.see(indices)
        return mind.choose()

    def plan(self) -> Plan:
        """Score all policies from the present beliefs, and change nothing."""
        return self._mind.plan()

    def retune(self, profile: Profile) -> None:
        """Think by another profile from the next act on; beliefs stay as they are."""
        engine = shared_engine(self.model, profile.policy_length, self._backend)
        self._mind.retune(engine, profile)

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and an array."""
        return self._mind.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        self._mind.set_state(state)


def _checked(model: Any, agent_id: str | None) -> GenerativeModel:
    if isinstance(model, GenerativeModel):
        return model
    if not isinstance(model, Mapping) or not {"A", "B"} <= set(model) <= {"A", "B", "C", "D"}:
        came = sorted(map(str, model)) if isinstance(model, Mapping) else type(model).__name__
        rule = f"must be a GenerativeModel or a dict of A, B, C and D, got {came}"
        raise ModelError("model", rule, agent_id=agent_id)
    return GenerativeModel(**model, agent_id=agent_id)


def _check_fit(model: GenerativeModel, place: Place) -> None:
    """Compare with the spaces as far as they tell; others are checked as they come."""
    actions = getattr(place.action_space, "n", None)
    first = getattr(place.action_space, "start", 0)
    if actions is not None and (actions, first) != (model.n_actions, 0):
        rule = f"has {model.n_actions} actions from 0, the action space {actions} from {first}"
        raise ModelError("B", rule, agent_id=place.agent_id)
    space = place.observation_space
    sizes = getattr(space, "nvec", None) if not hasattr(space, "n") else [space.n]
    if sizes is not None and tuple(int(n) for n in sizes) != model.n_observations:
        rule = f"has {model.n_observations} outcomes, the observation space {tuple(sizes)}"
        raise ModelError("A", rule, agent_id=place.agent_id)
