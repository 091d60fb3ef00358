"""Turns what a user gave for a factored model into arrays that fit, or says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..matrices import Array, Matrices, depth
from ..shown import shown
from .layout import Shape

ELSEWHERE = (
    "which only pymdp covers: hand an Agent of it to "
    'ActiveInference.from_pymdp(agent, backend="pymdp")'
)


class Reader(Matrices):
    """Reads one agent's arrays; every refusal names the agent and the field."""

    def sequence(self, field: str, given: Any) -> Sequence[Any]:
        if isinstance(given, np.ndarray) and given.dtype == object:
            given = list(given)
        if not isinstance(given, (list, tuple)) or not given:
            self.refuse(field, "must be a list, an entry for each", shown(given))
        return given

    def count(self, field: str, given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            self.refuse(field, "must be a whole number >= 1", repr(given))
        return given

    def indices(self, field: str, given: Any, below: int) -> Shape:
        """Take distinct numbers of factors, in their order."""
        array = np.asarray(given if depth(given) == 1 else None)
        if array.size == 0 or array.dtype.kind not in "iu":
            self.refuse(field, "must list factors by number", shown(given))
        factors = tuple(int(f) for f in array)
        if len(set(factors)) != len(factors) or not all(0 <= f < below for f in factors):
            self.refuse(field, f"must be distinct factors in 0..{below - 1}", list(factors))
        return factors

    def transitions(self, given: Any) -> tuple[Array, ...]:
        arrays = []
        for f, matrix in enumerate(self.sequence("B", given)):
            field = f"B[{f}]"
            if depth(matrix) > 3:
                rule = f"must have shape (S, S, U); more axes are interacting factors, {ELSEWHERE}"
                self.refuse(field, rule, f"{depth(matrix)} axes")
            arrays.append(self.dynamics(field, matrix))
        return tuple(arrays)

    def dependencies(self, given: Any, n_modalities: int, n_factors: int) -> tuple[Shape, ...]:
        if given is None:
            return (tuple(range(n_factors)),) * n_modalities
        lists = self.sequence("A_dependencies", given)
        if len(lists) != n_modalities:
            rule = f"must have {n_modalities} entries, one for each modality"
            self.refuse("A_dependencies", rule, len(lists))
        pairs = enumerate(lists)
        return tuple(self.indices(f"A_dependencies[{m}]", own, n_factors) for m, own in pairs)

    def own_dynamics(self, given: Any, n_factors: int) -> None:
        """Refuse factors that move each other."""
        if given is None:
            return
        for f, own in enumerate(self.sequence("B_dependencies", given)):
            if self.indices(f"B_dependencies[{f}]", own, n_factors) != (f,):
                rule = f"must be [{f}]; other factors make it interact with them, {ELSEWHERE}"
                self.refuse(f"B_dependencies[{f}]", rule, list(own))
        if len(given) != n_factors:
            rule = f"must have {n_factors} entries, one for each factor"
            self.refuse("B_dependencies", rule, len(given))

    def likelihoods(
        self, given: Sequence[Any], dependencies: tuple[Shape, ...], n_states: Shape
    ) -> tuple[Array, ...]:
        arrays = []
        for m, (array, factors) in enumerate(zip(given, dependencies, strict=True)):
            arrays.append(self.distribution(f"A[{m}]", array, 1 + len(factors)))
            wanted = tuple(n_states[f] for f in factors)
            if arrays[-1].shape[1:] != wanted:
                rule = f"must have shape (O, {', '.join(map(str, wanted))}), as B has states"
                self.refuse(f"A[{m}]", rule, arrays[-1].shape)
        return tuple(arrays)

    def control_factors(self, given: Any, n_controls: Shape) -> Shape:
        if given is None:
            return tuple(f for f, n in enumerate(n_controls) if n > 1) or (0,)
        return tuple(sorted(self.indices("control_factors", given, len(n_controls))))

    def preferences(self, given: Any, sizes: Shape) -> tuple[Array, ...]:
        vectors = [np.zeros(size) for size in sizes] if given is None else given
        for m, vector in enumerate(self.sequence("C", vectors)):
            if depth(vector) == 2:
                rule = f"must be one vector; one for each step ahead is something {ELSEWHERE}"
                self.refuse(f"C[{m}]", rule, "2 axes")
        return self._vectors("C", vectors, sizes, "modality", self.numbers)

    def starts(self, given: Any, sizes: Shape) -> tuple[Array, ...]:
        uniform = [np.full(size, 1.0 / size) for size in sizes]
        vectors = uniform if given is None else given
        return self._vectors("D", vectors, sizes, "factor", self.distribution)

    def _vectors(
        self, name: str, given: Any, sizes: Shape, of: str, read: Callable[[str, Any, int], Array]
    ) -> tuple[Array, ...]:
        vectors = self.sequence(name, given)
        if len(vectors) != len(sizes):
            rule = f"must be {len(sizes)} vectors, one for each {of}"
            self.refuse(name, rule, len(vectors))
        arrays = []
        for k, (vector, size) in enumerate(zip(vectors, sizes, strict=True)):
            arrays.append(read(f"{name}[{k}]", vector, 1))
            if arrays[-1].size != size:
                self.refuse(f"{name}[{k}]", f"must have {size} entries", arrays[-1].size)
        return tuple(arrays)
