"""The events digest: every fact counts, and nothing else does."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np
import pytest
from antiphon.coordination.records import events as events_module
from antiphon.coordination.records.events import Events
from antiphon.coordination.talk.exchange import Deliveries, Exchange
from antiphon.models.outbox import Kind, Parcel, Phase

PARCEL = Parcel("a", 1, Phase.ACT, 0, Kind.PUBLISH, "news", (), {"offer": 2})


def digest(*deliveries: Deliveries) -> str:
    events = Events()
    for delivery in deliveries:
        events.deliver(delivery)
    return events.value


def heard(parcel: Parcel = PARCEL, *, receiver: str = "b", round: int = 2) -> Deliveries:
    return Deliveries(round, {receiver: [parcel]}, [], [])


def test_the_digest_is_a_versioned_sha256_over_rows() -> None:
    events = Events()
    assert re.fullmatch(r"v1:[0-9a-f]{64}", events.value)
    events.deliver(heard())
    events.deliver(Deliveries(2, {}, [PARCEL._replace(kind=Kind.PUT, name="k")], []))
    events.record("restarted", 7, "a", 0.5)
    rows = (
        b'delivered\x1f2\x1fb\x1fa\x1f1.1.0\x1fpublish\x1fnews\x1f{"offer":2}\n'
        b'written\x1f2\x1fa\x1f1.1.0\x1fput\x1fk\x1f{"offer":2}\n'
        b'restarted\x1f7\x1f"a"\x1f0.5\n'
    )
    assert events.value == f"v1:{hashlib.sha256(rows).hexdigest()}"
    assert events.rows == {"delivered": 1, "written": 1, "restarted": 1}


@pytest.mark.parametrize(
    "other",
    [
        heard(round=3),
        heard(receiver="c"),
        heard(PARCEL._replace(sender="c")),
        heard(PARCEL._replace(round=2)),
        heard(PARCEL._replace(phase=Phase.RECEIVE)),
        heard(PARCEL._replace(number=1)),
        heard(PARCEL._replace(kind=Kind.TELL)),
        heard(PARCEL._replace(name="olds")),
        heard(PARCEL._replace(payload={"offer": 3})),
        heard(PARCEL._replace(payload=None)),
        heard(PARCEL._replace(payload=np.array([2]))),
        Deliveries(2, {"b": [PARCEL, PARCEL]}, [], []),
        Deliveries(2, {"b": [PARCEL], "c": [PARCEL]}, [], []),
        Deliveries(2, {"b": []}, [PARCEL], []),
    ],
    ids=range(14),
)
def test_every_fact_of_a_delivery_counts(other: Deliveries) -> None:
    assert digest(other) != digest(heard())


def test_its_cause_and_who_else_was_told_do_not_count() -> None:
    assert digest(heard(PARCEL._replace(cause="b:0:act:0", targets=("b", "c")))) == digest(heard())


@pytest.mark.parametrize("payload", ["x" * 10_000, np.zeros(10_000), ["x" * 50, "y" * 50]])
def test_a_long_payload_counts_to_its_last_byte(payload: Any) -> None:
    other = payload.copy() if not isinstance(payload, str) else payload[:-1] + "z"
    if not isinstance(payload, str):
        other[-1] = "z" * 50 if isinstance(payload, list) else 1
    one, two = (heard(PARCEL._replace(payload=p)) for p in (payload, other))
    assert digest(one) != digest(two)
    assert digest(one) == digest(heard(PARCEL._replace(payload=payload)))


def test_a_payload_is_encoded_once_for_all_who_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[Any] = []
    encode = events_module.encode
    monkeypatch.setattr(events_module, "encode", lambda v: encoded.append(v) or encode(v))
    exchange = Exchange({f"a-{n}" for n in range(50)})
    exchange.accept([PARCEL._replace(sender=f"a-{n}", kind=Kind.BROADCAST) for n in range(3)])
    events = Events()
    events.deliver(exchange.deliver(2))
    assert len(encoded) == 3
    assert events.rows == {"delivered": 3 * 49}


def test_rounds_count_in_their_order() -> None:
    first, second = heard(), heard(round=3)
    assert digest(first, second) != digest(second, first)


def test_rows_of_other_kinds_count_by_kind_round_and_facts() -> None:
    values = set()
    for row in (
        ("timed_out", 1, "a"), ("crashed", 1, "a"), ("timed_out", 2, "a"), ("timed_out", 1, "b"),
        ("timed_out", 1, "a", None), ("timed_out", 1), ("timed_out", 1, ["a"]),
        ("tuned", 1, {"interval": 2}, np.arange(2)), ("tuned", 1, {"interval": 2}, [0, 1]),
    ):  # fmt: skip
        events = Events()
        events.record(*row)
        values.add(events.value)
    assert len(values) == 9


def test_what_no_digest_can_hold_is_refused() -> None:
    events = Events()
    before = events.value
    with pytest.raises(TypeError, match="holds JSON values and arrays, got object"):
        events.record("odd", 1, object())
    assert (events.value, events.rows) == (before, {})
