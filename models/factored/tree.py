"""All plans of a few steps of several factors, as trees that share what they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from ...errors import ModelError
from ..matrices import Array, Indices, locked
from ..policies import MAX_BYTES, MAX_POLICIES
from .model import FactoredModel


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    """Every sequence of joint actions, in lexicographic order, with what one expects of it.

    Factors move independently, so each has a tree of its own: a node is what is believed of
    it after some of its actions, node 0 what is believed now. A view is what one modality
    sees of one combination of its factors' nodes; a scene is all that is seen at once. Each
    is worked out once, however many policies pass through it.
    """

    choices: Indices
    """Shape (n_choices, n_control_factors): every joint action."""
    nodes: Indices
    """Shape (n_nodes, 2): each node's parent and the action between; all factors' one after
    another, parents first, numbered anew in each factor."""
    node_offsets: tuple[int, ...]
    """Where each factor's nodes begin, and where the last end."""
    views: Indices
    """Shape (n_views, most factors of a modality): a node of each factor that the modality
    depends on; all modalities' one after another."""
    view_offsets: tuple[int, ...]
    scenes: Indices
    """Shape (n_scenes, n_modalities + n_factors): a view of each modality, numbered anew in
    each, then a node of each factor."""
    prefixes: Indices
    """Shape (length, n_policies): the scene after each policy's first 1, 2, … actions."""

    @classmethod
    def of(cls, model: FactoredModel, length: int, *, sure: bool) -> Tree:
        """Enumerate the policies of a model.

        Args:
            sure: whether nodes of a factor with sure moves are one node where they are the
                same; not if its moves may change, or each move counts for itself.

        Raises:
            ModelError: there would be too many to enumerate.
        """
        layout = model.layout
        check_size(model, length)
        choices = np.array(list(product(*map(range, layout.n_actions))), np.int64)
        digits = np.zeros((len(choices), layout.n_factors), np.int64)
        digits[:, layout.control_factors] = choices
        grown = [_grown(model, f, length, sure=sure) for f in range(layout.n_factors)]
        levels = list(_levels(digits, [paths for _, paths in grown], length))
        together, number = np.unique(np.concatenate(levels), axis=0, return_inverse=True)
        views, seen = _views(layout.A_dependencies, together)
        return cls(
            choices=locked(choices),
            nodes=locked(np.concatenate([nodes for nodes, _ in grown])),
            node_offsets=_offsets([len(nodes) for nodes, _ in grown]),
            views=locked(_rectangle(views)),
            view_offsets=_offsets([len(own) for own in views]),
            scenes=locked(np.ascontiguousarray(np.hstack([seen, together]))),
            prefixes=locked(_prefixes(number.reshape(-1), len(choices), length)),
        )

    @property
    def n_policies(self) -> int:
        return len(self.prefixes[0])

    @property
    def nbytes(self) -> int:
        arrays = (self.choices, self.nodes, self.views, self.scenes, self.prefixes)
        return sum(array.nbytes for array in arrays)


def check_size(model: FactoredModel, length: int) -> None:
    """Refuse policies that are too many, or need too much.

    Raises:
        ModelError: they are, or do.
    """
    layout = model.layout
    n_choices = prod(layout.n_actions)
    count = n_choices**length
    if count > MAX_POLICIES:
        rule = f"{length} makes {count:,} policies of {n_choices} joint actions"
        raise ModelError("policy_length", f"{rule}; the most is {MAX_POLICIES:,}")
    # Each prefix is a scene at worst, and each node holds the beliefs of its factor.
    columns = layout.n_modalities + 2 * layout.n_factors
    n_bytes = 8 * count * (2 * columns + length + 2 * max(layout.n_states))
    if n_bytes > MAX_BYTES:
        rule = f"{length} makes {count:,} policies that need {n_bytes / 2**30:.1f} GiB"
        raise ModelError("policy_length", f"{rule}; the most is {MAX_BYTES / 2**30:g} GiB")


def _grown(
    model: FactoredModel, f: int, length: int, *, sure: bool
) -> tuple[Indices, list[Indices]]:
    """Grow one factor's tree; give its nodes, and of each level the node of each sequence."""
    moves = _sure_moves(model.B[f]) if sure else None
    n_actions = model.layout.n_controls[f] if f in model.layout.control_factors else 1
    root = np.arange(model.layout.n_states[f])
    nodes, operators, known = [(0, 0)], [root], {root.tobytes(): 0}
    levels = [np.zeros(1, np.int64)]
    for _ in range(length):
        children: dict[tuple[int, int], int] = {}
        for edge in product(dict.fromkeys(levels[-1].tolist()), range(n_actions)):
            operator = root if moves is None else moves[edge[1]][operators[edge[0]]]
            key = repr((len(nodes), edge)).encode() if moves is None else operator.tobytes()
            if key not in known:
                known[key] = len(nodes)
                nodes.append(edge)
                operators.append(operator)
            children[edge] = known[key]
        paths = [children[int(p), u] for p in levels[-1] for u in range(n_actions)]
        levels.append(np.array(paths, np.int64))
    return np.array(nodes, np.int64), levels


def _sure_moves(transitions: Array) -> npt.NDArray[np.int64] | None:
    """Give where each action leads from each state; None unless all are sure."""
    if not ((transitions == 0.0) | (transitions == 1.0)).all():
        return None
    return np.array(transitions.argmax(axis=0).T, np.int64, order="C")


def _levels(digits: Indices, paths: list[list[Indices]], length: int) -> Iterator[Indices]:
    """Yield for the prefixes of 1, 2, … joint actions the node of each factor."""
    n_choices, n_factors = digits.shape
    sequence = np.zeros((1, n_factors), np.int64)
    n_actions = np.array([len(own[1]) for own in paths])
    for level in range(1, length + 1):
        earlier = np.repeat(sequence, n_choices, axis=0)
        sequence = earlier * n_actions + np.tile(digits, (len(sequence), 1))
        columns = [own[level][column] for own, column in zip(paths, sequence.T, strict=True)]
        yield np.stack(columns, axis=1)


def _views(
    dependencies: tuple[tuple[int, ...], ...], together: Indices
) -> tuple[list[Indices], Indices]:
    """Give each modality's views, and for each scene the view of each modality."""
    views, columns = [], []
    for factors in dependencies:
        own, number = np.unique(together[:, factors], axis=0, return_inverse=True)
        views.append(own)
        columns.append(number.reshape(-1))
    return views, np.stack(columns, axis=1)


def _rectangle(views: list[Indices]) -> Indices:
    widest = max(own.shape[1] for own in views)
    return np.concatenate([np.pad(v, ((0, 0), (0, widest - v.shape[1]))) for v in views])


def _prefixes(number: Indices, n_choices: int, length: int) -> Indices:
    rows, first = [], 0
    for level in range(1, length + 1):
        last = first + n_choices**level
        rows.append(np.repeat(number[first:last], n_choices ** (length - level)))
        first = last
    return np.ascontiguousarray(np.stack(rows), np.int64)


def _offsets(sizes: list[int]) -> tuple[int, ...]:
    return (0, *np.cumsum(sizes).tolist())
