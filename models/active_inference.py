"""An agent that infers what it cannot see and does what it expects to like, for any model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from ..errors import ModelError, UnsupportedModelError
from .agent import Agent, Context, Place
from .crowds.crowd import BaseCrowd
from .crowds.entering import check_counts, crowd_of, learning_of
from .crowds.learning_crowd import LearningCrowd, learner_of
from .crowds.pupil import Pupil
from .factored.model import FactoredModel
from .fit import check_model
from .from_pymdp import from_pymdp
from .generative import GenerativeModel
from .given import read_counts, read_model
from .kernels.choose import choose
from .matrices import Array
from .policies import Plan, check_logits
from .profile import InferenceSettings, Profile
from .pymdp_agent import PymdpAgent


class ActiveInference(Agent):
    """Acts by active inference on a generative model of yours.

    An observation is a whole number, or an array, list or tuple with one for each modality.
    Beliefs follow the action that was really executed, which ``context.previous`` tells.
    Agents with equal models share everything that does not depend on the agent.
    """

    together: ClassVar[bool] = True
    """The host may have ``crowd`` answer for many of these at once, with the same bits as
    ``act``. It looks at the class itself: a subclass, whose ``act`` may be another, says so for
    itself."""

    settings_type = InferenceSettings

    def __init__(
        self,
        model: GenerativeModel | FactoredModel | Mapping[str, Any],
        settings: InferenceSettings | None = None,
        *,
        agent_id: str | None = None,
    ) -> None:
        """Make one.

        Args:
            model: a model, or its matrices by name: A, B and, if you like, C, D, habits E, what
                ``FactoredModel`` takes, and, where it learns, the counts pA, pB and pD.
            agent_id: whose model it is; error messages name it.

        Raises:
            ModelError: the model breaks a rule, has too many policies, or preferences that no
                float holds when they are weighed.
            MissingExtraError: ``backend="pymdp"``, and pymdp is not installed.
        """
        settings = settings or InferenceSettings()
        self.profile = settings.resolved_profile()
        """How this agent infers, after the settings' changes."""
        self.model = read_model(model, agent_id)
        """The model, shared with all agents that have an equal one."""
        self._settings = settings
        self._id = agent_id
        self._counts = read_counts(model)
        check_counts(self._counts, self.profile, agent_id)
        self._check_logits(self.profile)
        self.crowd = self._crowd_for(self.profile)
        """All agents with this model: see ``together``."""
        self.model = self.crowd.model
        self.seat = self.crowd.take(self.profile, history=self._settings.belief_history)
        """Where its beliefs stand among theirs."""

    @classmethod
    def prepare(cls, settings: InferenceSettings | None) -> None:
        settings = settings or InferenceSettings()
        choose(settings.backend).prepare()
        if learning_of(settings.resolved_profile()) is not None and settings.backend != "pymdp":
            learner_of(settings.backend).prepare()

    @classmethod
    def create(
        cls,
        place: Place,
        *,
        model: GenerativeModel | FactoredModel | Mapping[str, Any] | None = None,
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
        check_model(agent.model, place)
        return agent

    @overload
    @classmethod
    def from_pymdp(
        cls, agent: Any, *, agent_id: str | None = None, backend: Literal["pymdp"]
    ) -> PymdpAgent: ...
    @overload
    @classmethod
    def from_pymdp(
        cls,
        agent: Any,
        *,
        agent_id: str | None = None,
        backend: Literal["auto", "numba", "numpy"] = "auto",
        **settings: Any,
    ) -> Self: ...
    @classmethod
    def from_pymdp(
        cls, agent: Any, *, agent_id: str | None = None, backend: str = "auto", **settings: Any
    ) -> Self | PymdpAgent:
        """Make one of an agent of pymdp 1.0.4: its model, how it thinks, and what it counted.

        Args:
            agent: a ``pymdp.agent.Agent``; it is read and not changed.
            backend: "pymdp" for an agent that has pymdp's own step, whatever it does; its
                settings are then those of the agent.
            settings: fields of ``InferenceSettings`` that are to be another's than the agent's.

        Raises:
            UnsupportedModelError: it does what ours does not; names the attribute.
            ModelError: it is no such agent, or none that can be stepped by itself.
            MissingExtraError: ``backend="pymdp"``, and pymdp is not installed.
        """
        if backend == "pymdp":
            return _stepped(agent, agent_id, settings)
        settings["backend"] = backend
        model, own, learning, counts = from_pymdp(agent, agent_id=agent_id)
        for name in ("use_utility", "use_states_info_gain"):
            if not own.pop(name):
                raise UnsupportedModelError(name, "must be on", agent_id=agent_id)
        learned = {
            "learns": "A" * learning.learn_A + "B" * learning.learn_B,
            "param_info_gain": learning.use_param_info_gain,
            "keep_zeros": False,
            "selective_update_interval": 1,
        }
        counted = {name: given for name, given in counts.items() if given is not None}
        if not (learned["learns"] or learned["param_info_gain"]):
            counted = {}
        thinking = InferenceSettings(**{**own, **learned, **settings})
        return cls({**model, **counted}, thinking, agent_id=agent_id)

    @property
    def beliefs(self) -> Array:
        """What it holds of the state now: float64, shape (n_states,), a copy."""
        return self.seat.beliefs

    @property
    def belief_history(self) -> list[Array]:
        """What it believed after each of the last steps, oldest first; see the settings."""
        return list(self.seat.history or ())

    @property
    def surprise(self) -> float | None:
        """How little it expected what it last took in, in nats; None if it skipped that."""
        return self.seat.surprise

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode with the model's D and the seed's random stream."""
        self.seat.reset(seed)

    def act(self, observation: Any, context: Context) -> Any:
        """Infer, plan and choose.

        Raises:
            ObservationError: the observation or an executed action does not fit the model;
                beliefs are as before.
        """
        return self.crowd.answer(self.seat, observation, context.lived, context.agent_id)

    def plan(self) -> Plan:
        """Score all policies from the present beliefs, and change nothing."""
        return self.crowd.plan(self.seat)

    def pupil(self) -> Pupil | None:
        """Give what it takes to teach this agent; None unless it learns asleep."""
        if self.profile.learns_when == "awake":
            return None
        return self._learners().pupil(self.seat, self._id)

    def teach(self, gains: Mapping[str, Any]) -> None:
        """Know from the next act on what memories have taught; beliefs stay as they are.

        Args:
            gains: what is to be added to pA, pB and pD, flat.

        Raises:
            ModelError: it does not fit, or this agent does not learn asleep; nothing has changed.
        """
        if self.profile.learns_when == "awake":
            rule = "must be 'asleep' for an agent to be taught"
            raise ModelError("learns_when", rule, agent_id=self._id)
        self._learners().teach(self.seat, gains, self._id)

    def _learners(self) -> LearningCrowd:
        assert isinstance(self.crowd, LearningCrowd)  # who learns asleep sits in no other
        return self.crowd

    def retune(self, profile: Profile) -> None:
        """Think by another profile from the next act on; beliefs stay as they are.

        Raises:
            ModelError: by this one policies cannot be weighed; nothing has changed then.
        """
        self._check_logits(profile)
        if _fit_one_seat(profile, self.profile):
            self.seat.retune(profile)
        else:
            crowd = self._crowd_for(profile)
            seat = crowd.take(profile, history=self._settings.belief_history)
            seat.set_state(self.seat.get_state())
            self.crowd, self.seat = crowd, seat
        self.profile = profile

    def get_state(self) -> dict[str, Any]:
        """Give enough to go on from exactly here, as JSON values and an array."""
        return self.seat.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            ModelError: it does not fit the model; nothing has changed then.
        """
        self.seat.set_state(state, self._id)

    def _check_logits(self, profile: Profile) -> None:
        check_logits(self.model.stakes, profile.policy_length, profile.gamma, self._id)

    def _crowd_for(self, profile: Profile) -> BaseCrowd:
        settings = self._settings
        if profile.learns_when == "asleep" and isinstance(self.model, FactoredModel):
            rule = "must be 'awake' for a model of several factors, got 'asleep'"
            raise ModelError("learns_when", rule, agent_id=self._id)
        try:
            return crowd_of(
                self.model,
                profile,
                settings.backend,
                counts=self._counts,
                keep=settings.matrix_cache_size,
            )
        except ModelError as error:  # compiled models belong to nobody, and name nobody
            raise ModelError(error.field, error.rule, agent_id=self._id) from None


def _stepped(agent: Any, agent_id: str | None, settings: Mapping[str, Any]) -> PymdpAgent:
    if settings:
        names = ", ".join(sorted(settings))
        rule = "must be said when pymdp's Agent is made, for backend='pymdp' steps it as it is"
        raise ModelError(names, rule, agent_id=agent_id)
    return PymdpAgent(agent, agent_id=agent_id)


def _fit_one_seat(profile: Profile, other: Profile) -> bool:
    """Whether both plan as far ahead and learn alike, so that a row may stay what it is."""
    same_length = profile.policy_length == other.policy_length
    return same_length and learning_of(profile) == learning_of(other)
