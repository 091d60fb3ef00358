"""From what the profiler says to functions, parts and shares."""

from __future__ import annotations

import time
from cProfile import Profile
from types import CodeType, SimpleNamespace
from typing import Any

import pytest
from antiphon.report.profile.code import Code, built_in, called, name_of, place_of
from antiphon.report.profile.findings import Findings
from antiphon.report.profile.parts import Part


def code(name: str) -> CodeType:
    """Give code that says it is called so."""
    return (lambda: None).__code__.replace(co_name=name, co_qualname=name)


def used(name: Code, calls: int, own: float, total: float, *callees: Any) -> SimpleNamespace:
    return SimpleNamespace(
        code=name, callcount=calls, inlinetime=own, totaltime=total, calls=list(callees)
    )


THINK, STEP, DUMPS, ENCODE = code("think"), code("step"), code("dumps"), code("encode")


def by_name(code: Code) -> Part | None:
    return {"think": Part.INFERENCE, "step": Part.WORLD}.get(name_of(code))


def found(*entries: Any, steps: int = 10) -> Findings:
    return Findings.of(entries, by_name, steps)


def test_a_library_is_divided_among_its_callers_by_the_time_it_took_for_each() -> None:
    findings = found(
        used(THINK, 1, 1.0, 4.0, used(DUMPS, 1, 3.0, 3.0)),
        used(STEP, 1, 2.0, 3.0, used(DUMPS, 9, 1.0, 1.0)),
        used(DUMPS, 10, 4.0, 4.0),
    )
    assert findings.part_ms[Part.INFERENCE] == pytest.approx(4000)
    assert findings.part_ms[Part.WORLD] == pytest.approx(3000)
    assert findings.share(Part.INFERENCE) == pytest.approx(4 / 7)
    assert sum(map(findings.share, Part)) == pytest.approx(1)
    (dumps,) = (one for one in findings.functions if one.name == "dumps")
    assert dumps.part is Part.INFERENCE


def test_what_a_library_calls_goes_to_those_who_called_the_library() -> None:
    findings = found(
        used(THINK, 1, 0.0, 3.0, used(DUMPS, 1, 0.0, 3.0)),
        used(STEP, 1, 0.0, 1.0, used(DUMPS, 1, 0.0, 1.0)),
        used(DUMPS, 2, 0.0, 4.0, used(ENCODE, 2, 4.0, 4.0)),
        used(ENCODE, 2, 4.0, 4.0),
    )
    assert findings.part_ms[Part.INFERENCE] == pytest.approx(3000)
    assert findings.part_ms[Part.WORLD] == pytest.approx(1000)


def test_functions_that_call_each_other_go_to_whoever_called_the_first() -> None:
    findings = found(
        used(THINK, 1, 0.0, 5.0, used(DUMPS, 1, 1.0, 5.0)),
        used(DUMPS, 5, 2.0, 5.0, used(ENCODE, 5, 3.0, 4.0), used(DUMPS, 1, 0.2, 0.3)),
        used(ENCODE, 5, 3.0, 4.0, used(DUMPS, 3, 0.8, 2.0)),
    )
    assert findings.share(Part.INFERENCE) == pytest.approx(1)


def test_what_nobody_was_seen_to_call_is_the_rest() -> None:
    findings = found(used(DUMPS, 1, 1.0, 2.0, used(ENCODE, 1, 1.0, 1.0)), used(ENCODE, 1, 1.0, 1.0))
    assert findings.part_ms[Part.REST] == pytest.approx(2000)
    assert findings.share(Part.REST) == 1.0


def test_a_function_that_calls_itself_goes_to_whoever_called_it_first() -> None:
    itself = used(DUMPS, 999, 99.9, 99.9)
    findings = found(
        used(THINK, 1, 0.0, 100.0, used(DUMPS, 1, 0.1, 0.1)),
        used(DUMPS, 1000, 100.0, 100.0, itself),
    )
    assert findings.share(Part.INFERENCE) == pytest.approx(1)


def test_shares_add_up_where_no_time_passed() -> None:
    think = used(THINK, 1, 0.0, 0.0, used(DUMPS, 1, 0.0, 0.0))
    assert sum(map(found(think, used(DUMPS, 1, 0.0, 0.0)).share, Part)) == 1.0


def test_code_that_was_made_twice_is_one_function() -> None:
    findings = found(used(code("think"), 1, 1.0, 1.0), used(code("think"), 2, 2.0, 2.0))
    (think,) = findings.functions
    assert (think.calls, think.own_ms, think.cumulative_ms) == (3, 3000, 3000)


def test_functions_are_sorted_by_the_time_of_their_own() -> None:
    findings = found(used(THINK, 1, 1.0, 9.0), used(STEP, 1, 2.0, 2.0), used("<x>", 1, 1.5, 1.5))
    assert [one.name for one in findings.functions] == ["step", "<x>", "think"]
    data = findings.to_dict(2)
    assert [one["name"] for one in data["functions"]] == ["step", "<x>"]
    assert data["functions"][0]["own_ms_a_step"] == 200.0
    assert data["parts"]["world"]["ms_a_step"] == 200.0


def test_a_built_in_function_is_told_with_who_called_it() -> None:
    findings = found(
        used(THINK, 1, 1.0, 2.0, used("<built-in method time.sleep>", 1, 1.0, 1.0)),
        used("<built-in method time.sleep>", 1, 1.0, 1.0),
    )
    (sleep,) = (one for one in findings.functions if one.name == "time.sleep")
    assert sleep.place == f"from {place_of(THINK)}"
    assert sleep.part is Part.INFERENCE


def test_a_built_in_function_has_one_name_in_the_table_and_in_the_picture() -> None:
    profiler, things = Profile(), [3]
    profiler.enable()
    things.append(1)
    len(things)
    time.monotonic()
    profiler.disable()
    names = {built_in(one.code) for one in profiler.getstats() if isinstance(one.code, str)}
    assert {called(one) for one in (things.append, len, time.monotonic)} <= names


def test_a_place_is_told_without_the_folders_above_what_is_imported() -> None:
    assert place_of(Findings.of.__code__).startswith("antiphon/report/profile/findings.py:")
    assert place_of(SimpleNamespace.__init__.__name__) == ""
    from json import dumps

    assert place_of(dumps.__code__).startswith("json/__init__.py:")
    elsewhere = THINK.replace(co_filename="/nowhere/deep/down/brain.py", co_firstlineno=7)
    assert place_of(elsewhere) == "down/brain.py:7"
    assert place_of(THINK.replace(co_filename="<string>")).startswith("<string>:")
