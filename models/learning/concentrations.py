"""The counts that learning begins with: checked, and made ready for all who share them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..factored.model import FactoredModel
from ..generative import GenerativeModel
from ..matrices import EPSILON, NEGLIGIBLE, Array, Matrices, entries, locked
from ..shown import shown
from .columns import Columns
from .excess import excess
from .learning import Learning

Counts = Sequence[Array | None]


class Concentrations:
    """The Dirichlet counts of a model's A, B and D at the start; read-only, shared by agents.

    Attributes:
        model: whose parameters are counted.
        columns: how everything flat is laid out.
        counted_A: bool, shape (n_modalities,): of which modalities there are counts.
        counted_B: bool, shape (n_factors,).
        A, B, D: float64, flat: the counts; 0 where there are none.
    """

    def __init__(
        self,
        model: GenerativeModel | FactoredModel,
        learning: Learning,
        *,
        pA: Any = None,
        pB: Any = None,
        pD: Any = None,
        agent_id: str | None = None,
    ) -> None:
        """Check the counts, or make them of the model.

        Args:
            pA: counts in the shape of A: for each modality, or None for those that are not
                learned. Where pA is None altogether and A is learned, the model is taken
                ``prior_strength`` times; so with B and D. Counts of what is not learned
                serve the information gain alone.

        Raises:
            ModelError: counts do not fit the model; names the agent and the field.
        """
        read = _Reader(agent_id, learning)
        self.model, self.learning = model, learning
        transitions = _transitions(model)
        in_A = read.counts("pA", pA, model.A, learn=learning.learn_A)
        in_B = read.counts("pB", pB, transitions, learn=learning.learn_B)
        in_D = read.counts("pD", pD, _starts(model), learn=learning.learn_D)
        if learning.use_param_info_gain and not any(p is not None for p in (*in_A, *in_B)):
            read.refuse("use_param_info_gain", "needs counts of A or B", "none")
        whole = not learning.keep_zeros and any(p is not None for p in in_B)
        self.columns = Columns.of(model, whole=whole)
        layout = self.columns.layout
        self.counted_A = locked(np.array([p is not None for p in in_A]))
        self.counted_B = locked(np.array([p is not None for p in in_B]))
        self.A = locked(layout.pack_A(_filled(in_A, model.A)))
        self.B = locked(self.columns.pack_B(_filled(in_B, transitions)))
        self.D = locked(layout.pack_D(_filled(in_D, _starts(model))))

    @property
    def floor(self) -> float:
        """What every count is taken for at least: 0, so that zeros stay."""
        return 0.0 if self.learning.keep_zeros else EPSILON

    @property
    def negligible(self) -> float:
        """Beliefs up to this are not learned from; they could not change a count's tenth digit."""
        # Without a mask the least belief makes a count of 0 count, and pymdp lets it.
        return NEGLIGIBLE if self.learning.keep_zeros else 0.0

    @cached_property
    def given(self) -> tuple[Array, Array, Array]:
        """A, B and D of the model, flat: what holds until something is learned."""
        model, layout = self.model, self.columns.layout
        parts = (
            layout.pack_A(model.A),
            self.columns.pack_B(_transitions(model)),
            layout.pack_D(_starts(model)),
        )
        for part in parts:
            locked(part)
        return parts

    @cached_property
    def laid(self) -> tuple[Any, ...]:
        """What is shared, in one tuple, for functions that know no classes."""
        own, learning = self.columns, self.learning
        learns = (
            self.counted_A & learning.learn_A,
            self.counted_B & learning.learn_B,
            np.array([learning.learn_D]),
        )
        rates = (learning.lr_A, learning.lr_B, learning.lr_D)
        keeps = (learning.fr_A, learning.fr_B, learning.fr_D)
        curious = float(learning.use_param_info_gain)
        numbers = np.array([*rates, *keeps, self.floor, self.negligible, curious])
        places = (own.modalities, own.parents, own.factors, own.following)
        return (*places, *learns, numbers, self.A, self.B, self.D)


class _Reader(Matrices):
    """Reads one agent's counts; every refusal names the agent and the field."""

    def __init__(self, agent_id: str | None, learning: Learning) -> None:
        super().__init__(agent_id)
        self._learning = learning

    def counts(
        self, field: str, given: Any, model: Sequence[Array], *, learn: bool
    ) -> list[Array | None]:
        """Give counts for each array of the model, or None for those that have none."""
        if given is None:
            strength = self._learning.prior_strength
            return [strength * array if learn else None for array in model]
        listed = self._listed(field, given, model)
        return [
            None if one is None else self._fitting(name, one, array)
            for one, array, name in zip(listed, model, _names(field, model), strict=True)
        ]

    def _listed(self, field: str, given: Any, model: Sequence[Array]) -> Sequence[Any]:
        is_list = isinstance(given, (list, tuple)) and (
            len(given) == len(model) > 1 or any(one is None for one in given)
        )
        listed = list(given) if is_list else entries(given, model[0].ndim)
        if listed is None or len(listed) != len(model):
            rule = f"must be a list of {len(model)} arrays"
            self.refuse(field, rule, shown(given) if listed is None else len(listed))
        return listed

    def _fitting(self, field: str, given: Any, array: Array) -> Array:
        counts = self.numbers(field, given, array.ndim)
        if counts.shape != array.shape:
            self.refuse(field, f"must have shape {array.shape}", counts.shape)
        self._require_all(counts >= 0, field, "must not be negative", counts)
        if self._learning.keep_zeros:
            rule = "must be above 0 where the model is, and 0 elsewhere (or turn keep_zeros off)"
            self._require_all((counts > 0) == (array > 0), field, rule, counts)
        return counts


def _names(field: str, model: Sequence[Array]) -> list[str]:
    return [field] if len(model) == 1 else [f"{field}[{i}]" for i in range(len(model))]


def _filled(counts: Counts, model: Sequence[Array]) -> list[Array]:
    pairs = zip(counts, model, strict=True)
    return [np.zeros(array.shape) if own is None else own for own, array in pairs]


def _transitions(model: GenerativeModel | FactoredModel) -> tuple[Array, ...]:
    return model.B if isinstance(model, FactoredModel) else (model.B,)


def _starts(model: GenerativeModel | FactoredModel) -> tuple[Array, ...]:
    return model.D if isinstance(model, FactoredModel) else (model.D,)


def novelty(counts: Array, axis: int, floor: float) -> Array:
    """Give what one more count at each place would teach, in nats; 0 where there are none.

    The weights h(count) - h(sum of its column) of the information gain about parameters.

    Source: Da Costa et al. (2020), eq. (D.15), in the form of pymdp 1.0.4.
    """
    held = np.maximum(counts, floor)
    some = np.maximum(held, EPSILON)
    weights = excess(some) - excess(np.maximum(held.sum(axis=axis, keepdims=True), EPSILON))
    result: Array = np.where(counts > 0, weights, 0.0)
    return result
