"""What a user gave an agent for a model: one that is made, or matrices by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ModelError
from .crowds.entering import Counts
from .factored.model import FactoredModel
from .generative import GenerativeModel
from .matrices import entries

_NEEDED = ("A", "B")
_FACTORED = ("E", "A_dependencies", "B_dependencies", "control_factors", "iterations")
"""Of these only models of several factors know."""
_COUNTS = ("pA", "pB", "pD")
_FIELDS = (*_NEEDED, "C", "D", *_FACTORED)


def read_model(model: Any, agent_id: str | None) -> GenerativeModel | FactoredModel:
    """Make the model that was given by its matrices; one that is made already stays as it is.

    Raises:
        ModelError: it is no such thing, or breaks a rule.
    """
    if isinstance(model, GenerativeModel | FactoredModel):
        return model
    rule = _broken_rule(model)
    if rule:
        raise ModelError("model", rule, agent_id=agent_id)
    fields = {name: given for name, given in model.items() if name in _FIELDS}
    if len(entries(fields["B"], 3) or [0]) > 1:
        return FactoredModel(**fields, agent_id=agent_id)
    if set(_FACTORED) & set(fields):
        return FactoredModel(**_as_factors(fields), agent_id=agent_id)
    return GenerativeModel(**fields, agent_id=agent_id)


def _broken_rule(model: Any) -> str:
    """Say what keeps this from being a model's matrices by name; empty if nothing does."""
    may = f"{', '.join((*_FIELDS[2:], *_COUNTS))} may be left out"
    if not isinstance(model, Mapping):
        came = type(model).__name__
        return f"must be a GenerativeModel, a FactoredModel or a dict of A and B, got {came}; {may}"
    known = (*_FIELDS, *_COUNTS)
    for name in model:
        if name not in known:
            like = [one for one in known if one.lower() == str(name).lower()]
            hint = f" (did you mean {like[0]!r}?)" if like else ""
            return f"must be a dict of A and B, got an unknown key {name!r}{hint}; {may}"
    missing = [name for name in _NEEDED if name not in model]
    if missing:
        return f"must be a dict of A and B, got no {' and no '.join(missing)}; {may}"
    return ""


def _as_factors(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give the matrices of one factor in the form of several."""
    depths = {"A": 2, "B": 3, "C": 1, "D": 1}
    wrapped = {
        name: entries(given, depths[name]) for name, given in fields.items() if name in depths
    }
    return {**fields, **{name: given for name, given in wrapped.items() if given is not None}}


def read_counts(model: Any) -> Counts:
    """Give the counts among the matrices, by name."""
    if not isinstance(model, Mapping):
        return {}
    return {name: model[name] for name in _COUNTS if model.get(name) is not None}
