"""The contract of coordination protocols: a breach is an AssertionError that names the rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..coordination.protocol import CoordinationProtocol, Ids, find_protocol
from ..models import chance
from .rules import by_raising, require

_SIZES = (1, 2, 3, 7, 10)
_ORDERS = 5


def check_protocol(named: str | CoordinationProtocol) -> None:
    """Hold a protocol to what a round needs of it; give nothing, or the first breach.

    Args:
        named: as the setting ``protocol``.

    Raises:
        AssertionError: it breaks a rule; the message names protocol and rule.
        ValueError, UnknownNameError, PluginError: there is no such protocol.
    """
    protocol = find_protocol(named)
    name = named if isinstance(named, str) else str(protocol)
    asked: dict[tuple[tuple[str, ...], tuple[str, ...]], bool] = {}
    for called, order in _rounds():
        had = False
        for count in range(1, len(order) + 1):
            came = order[:count]
            has = _ask(protocol, name, called, came)
            require(has or not had, name, "who has enough has enough with one more")
            asked[called, came] = had = has
    # In another order, for what it was asked before is nothing to it.
    for (called, came), answer in reversed(asked.items()):
        same = _ask(protocol, name, called, came) is answer
        require(same, name, "it goes by its arguments alone", f"{len(came)} of {len(called)}")


def _rounds() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give those who are called, and an order in which they answer."""
    for size in _SIZES:
        called = tuple(f"agent-{number}" for number in range(1, size + 1))
        for order in range(_ORDERS):
            places = chance.generator(order, "answers").permutation(size).tolist()
            yield called, tuple(called[place] for place in places)


def _ask(
    protocol: CoordinationProtocol, name: str, called: Sequence[str], came: Sequence[str]
) -> bool:
    given = Ids(called), Ids(came)
    try:
        answer = protocol.enough(*given)
    except Exception as error:  # whatever a protocol raises breaks the rule
        raise by_raising(name, "enough(called, came) raises nothing", error) from error
    kept = given == (list(called), list(came))
    require(kept, name, "it changes nothing of what it is given")
    require(isinstance(answer, bool), name, "it answers with True or False", f"{answer!r}")
    return answer
