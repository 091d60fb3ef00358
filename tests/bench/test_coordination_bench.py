"""The comparison of protocols: paired seeds, what it reads off, and what it says of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from antiphon.bench import coordination
from antiphon.bench.coordination import MPE2, Plan, cases
from antiphon.bench.harness import Ratio, measure
from antiphon.bench.results import Results
from antiphon.bench.trial import Result, Risks, Setting, trial
from antiphon.cli import main
from antiphon.clock import SystemClock
from antiphon.commands import bench as bench_command
from antiphon.coordination.outcome import Status

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/bench-results.schema.json").read_text(encoding="utf-8"))
QUIET = Risks()
WORDS = "bench coordination --env grid-world --type random --agents 4 --dispatcher inline --seeds 3"


def played(rounds: int = 5, seed: int = 1, **options: Any) -> Result:
    given = {"world": "grid-world", "agents": 4, "kind": "random", "protocol": "barrier"}
    with trial(Setting(**{**given, "dispatcher": "inline", **options}), seed) as play:
        return play(rounds)


def reported(tmp_path: Path, words: str) -> dict[str, Any]:
    file = tmp_path / "coordination.json"
    assert main([*WORDS.split(), *words.split(), "--json", str(file)]) == 0
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA, cls=jsonschema.Draft202012Validator)
    return found


def test_what_befalls_an_agent_depends_on_seed_agent_and_round_alone() -> None:
    risks = Risks(0.3, 0.1, 0.1)
    who = [(seed, f"agent-{k}", r) for seed in (1, 2) for k in range(20) for r in range(50)]
    waits, crashes = ([does(*one) for one in who] for does in (risks.waits, risks.crashes))
    assert waits == [risks.waits(*one) for one in reversed(who)][::-1]
    assert sum(waits) / len(who) == pytest.approx(0.3, abs=0.05)
    assert sum(crashes) / len(who) == pytest.approx(0.1, abs=0.03)
    assert waits[:1000] != waits[1000:]
    assert sum(w and c for w, c in zip(waits, crashes, strict=True)) < sum(crashes)
    assert not any(Risks().waits(*one) or Risks().crashes(*one) for one in who)


@pytest.mark.parametrize("values", [(1.5, 0.1, 0.0), (0.1, -1.0, 0.0), (0.1, 0.1, -0.1)])
def test_risks_that_are_none_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"must be in|waits 0 seconds"):
        Risks(*values)


def test_crashes_are_those_that_the_seed_says() -> None:
    risks = Risks(crash=0.3)
    made = played(10, risks=risks)
    expected = sum(risks.crashes(1, f"random-{k}", r) for k in range(1, 5) for r in range(1, 11))
    assert made.run.outcomes["crashed"] == expected > 0
    assert made.share(Status.CRASHED) == expected / 40


def test_a_straggler_waits_and_holds_up_those_who_wait_for_it() -> None:
    risks = Risks(0.5, 0.02)
    made = played(4, risks=risks)
    waited = sum(risks.waits(1, f"random-{k}", r) for k in range(1, 5) for r in range(1, 5))
    assert made.run.seconds >= 0.02 * waited > 0


def test_messages_are_calls_answers_and_what_is_heard() -> None:
    assert played().messages == 8  # four are called and answer
    assert played(protocol="first:1").messages == 5
    assert played(risks=Risks(crash=1e-12)).messages == 8


@pytest.mark.parametrize("dispatcher", ["inline", "threaded", "pooled"])
def test_without_stragglers_and_crashes_all_protocols_have_equal_traces(dispatcher: str) -> None:
    # Of three agents eight tenths and the first three are all of them.
    traces = {
        played(20, agents=3, protocol=protocol, dispatcher=dispatcher).run.trace
        for protocol in ("barrier", "quorum:0.8", "first:3")
    }
    assert len(traces) == 1


@pytest.mark.parametrize(
    ("world", "agents", "members"),
    [("mpe2/simple_spread_v3", 4, 4), ("mpe2/simple_tag_v3", None, 4), ("sisl/pursuit_v5", 3, 3)],
)
def test_worlds_have_as_many_agents_as_they_are_told(
    world: str, agents: int | None, members: int
) -> None:
    pytest.importorskip("pygame" if world.startswith("sisl") else "mpe2")
    made = played(2, world=world, agents=agents, protocol="first:1")
    assert (made.members, made.run.rounds) == (members, 2)


@pytest.mark.parametrize("small", [True, False])
def test_all_figures_have_names_of_their_own(*, small: bool) -> None:
    names = [figure.name for case in cases(small=small) for figure in case.ratios]
    assert len(names) == len(set(names))
    assert len({case.name for case in cases(small=small)}) == len(cases(small=small))


def test_a_family_stands_for_its_tasks_and_counts_are_asked_of_those_that_take_one() -> None:
    named = [case.name for case in Plan(worlds=("mpe2",), agents=(3, 10)).cases()]
    assert {name.partition(",")[0] for name in named} == {f"mpe2/{name}" for name in MPE2}
    assert "mpe2/simple_spread_v3, 10" in named
    assert "mpe2/simple_tag_v3, its own" in named
    assert len(named) == 12 + 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"worlds": ()},
        {"agents": (3, 3)},
        {"seeds": 0},
        {"rounds": 0},
        {"agents": (0,)},
        {"protocols": ("first:0",)},
    ],
)
def test_a_plan_of_nonsense_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Plan(**wrong)


class Nobody:
    def plan(self, cases: Any) -> None:
        pass

    def begin(self, case: Any, variant: str, repeat: int) -> None:
        pass

    def end(self) -> None:
        pass


def test_the_variants_of_a_repeat_have_one_seed_and_repeats_have_their_own() -> None:
    plan = Plan(
        worlds=("grid-world",),
        agents=(3,),
        protocols=("barrier", "first:3"),
        dispatchers=("inline", "pooled"),
        seeds=4,
        rounds=30,
        kind="random",
        risks=QUIET,
    )
    (case,) = plan.cases()
    measured = measure(case, SystemClock, Nobody())
    earned = [
        tuple(values) for name, values in measured.quantities.items() if name.endswith(": return")
    ]
    assert len(earned) == 4
    assert len(set(earned)) == 1
    assert len(set(earned[0])) > 1


def test_the_command_reports_by_the_schema_and_can_be_compared_with_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "--coordinator barrier,first:2 --rounds 6 --straggler 0.2:0.001 --crash 0.1"
    found = reported(tmp_path, words)
    table = capsys.readouterr().out
    case = "grid-world, 4"
    ratios = found["ratios"]
    assert ratios[f"{case}, first:2, inline: acted"] == pytest.approx(0.5, abs=0.1)
    assert ratios[f"{case}, first:2, inline: unneeded"] > 0.3
    assert ratios[f"{case}, barrier, inline: unneeded"] == 0
    assert ratios[f"{case}, inline: first:2_vs_barrier"] > 0
    for word in ("return", "rounds/s", "p99 ms", "messages", "unneeded", "barrier, inline"):
        assert word in table
    assert "20 % of all acts wait 0.001 s, 10 % raise; messages of a round are" in table
    (bench,) = Results.read(tmp_path / "coordination.json").benches
    assert bench["bench"] == "coordination"
    file = str(tmp_path / "coordination.json")
    assert main(["bench", "compare", file, file]) == 0


@pytest.mark.parametrize("world", ["nowhere/at_all", "no.such/world", "/world"])
def test_a_world_that_is_not_installed_is_skipped_with_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], world: str
) -> None:
    found = reported(tmp_path, f"--env {world},grid-world --coordinator barrier --rounds 2")
    lines = capsys.readouterr().out.splitlines()
    (said,) = [line for line in lines if "skipped" in line]
    assert said.startswith(f"{world}, its own was skipped: ")
    assert len(said) < 110
    skipped = found["benches"][0]["skipped"]
    assert all(name.startswith(world) for name in skipped)
    assert all(world.replace("/", ".") in why for why in skipped.values())
    assert any(name.startswith("grid-world") for name in found["ratios"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--crash 2", "crash must be in"),
        ("--straggler 0.5", "probability and seconds"),
        ("--coordinator quorum:2.0", "quorum needs"),
        ("--coordinator nobody", "nobody"),
        ("--agents few", "--agents"),
        ("--straggler a:b", "probability and seconds"),
        ("--straggler 0.1:0.2:0.3", "probability and seconds"),
        ("--env nope", "no environment is called 'nope'"),
        ("--env sisl/pursiut_v5", "no environment is called 'sisl/pursiut_v5'"),
        ("--dispatcher nope", "must be one of threaded, pooled"),
        ("--type nope", "no agent type is called 'nope'"),
        ("--timeout 0", "'timeout'"),
        ("--patience -1", "'protocol_patience'"),
    ],
)
def test_an_option_of_nonsense_is_refused_with_its_rule(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main([*WORDS.split(), *words.split()])
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    assert status == 2
    assert said in capsys.readouterr().err


def parsed(*words: str) -> Any:
    parser = argparse.ArgumentParser()
    bench_command.add_parser(parser.add_subparsers())
    return parser.parse_args(["bench", *words])


def test_it_is_one_bench_among_others_too() -> None:
    assert parsed("rounds", "coordination").names == ["rounds", "coordination"]
    assert parsed("coordination", "rounds").names == ["coordination", "rounds"]
    assert parsed("coordination", "--small").small
    assert parsed("coordination", "--seeds", "3").seeds == 3


def test_the_help_says_what_is_played_where_nothing_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "coordination", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    full, small = Plan(), coordination.SMALL
    assert full.risks == small.risks
    assert f"(default {full.risks.straggle}:{full.risks.seconds})" in said
    assert f"acts that raise (default {full.risks.crash})" in said
    for name in ("seeds", "rounds"):
        assert f"(default {getattr(full, name)}; with --small {getattr(small, name)})" in said
    for values in (full.protocols, full.worlds, small.worlds, full.dispatchers):
        assert ",".join(values) in said


def test_those_behind_are_held_against_the_first() -> None:
    (case,) = Plan(worlds=("grid-world",), agents=(3,), dispatchers=("inline",)).cases()
    ratios = [figure for figure in case.ratios if isinstance(figure, Ratio)]
    assert [(r.ours, r.theirs) for r in ratios] == [
        ("quorum:0.8, inline", "barrier, inline"),
        ("first:3, inline", "barrier, inline"),
    ]


def test_among_others_it_shows_the_same_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(
        worlds=("grid-world",), agents=(2,), dispatchers=("inline",), seeds=1, rounds=2, risks=QUIET
    )
    monkeypatch.setattr(coordination, "SMALL", plan)
    assert main(["bench", "coordination", "coordination", "--small"]) == 0
    shown = capsys.readouterr().out
    assert "0 % of all acts wait 0 s, 0 % raise" in shown
    assert "rounds/s" in shown
    assert "quartiles" not in shown
