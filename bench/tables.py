"""The tables of results in a page of documentation, which nobody types by hand."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..report.wording import size, visible
from .results import Results

_SECTION = re.compile(r"<!-- results (?P<file>\S+) -->\n(?P<tables>.*?)<!-- end -->\n", re.DOTALL)
_OTHERS = 0.25
"""Cores that others kept busy, beyond which a page says so in words."""
_SPECIAL = re.compile(r"([\\|<>*`\[\]]|(?<!\w)_|_(?!\w))")


def fill(text: str, page: Path, files: Sequence[Path]) -> str:
    """Give a page in which the tables of these files are written anew.

    Args:
        page: where it lies; its markers name files as seen from there.

    Raises:
        ValueError: the page has no place for one of the files.
    """
    tables = {file.resolve(): file for file in files}
    filled: set[Path] = set()

    def replaced(found: re.Match[str]) -> str:
        file = (page.parent / found["file"]).resolve()
        if file not in tables:
            return found[0]
        filled.add(file)
        return f"<!-- results {found['file']} -->\n{rendered(Results.read(file))}<!-- end -->\n"

    text = _SECTION.sub(replaced, text)
    for file, named in tables.items():
        if file not in filled:
            raise ValueError(
                f"{page} has no lines <!-- results FILE --> and <!-- end --> for {named}"
            )
    return text


def sections(text: str) -> dict[str, str]:
    """Give the tables of a page by the file that each is said to come from."""
    return {found["file"]: found["tables"] for found in _SECTION.finditer(text)}


def outside(text: str) -> str:
    """Give a page without the tables that were written into it."""
    return _SECTION.sub("", text)


def rendered(results: Results) -> str:
    """Give the tables of a file, with where they were measured and how to do so again."""
    parts = [part for one in results.benches for part in _bench(one)]
    return "\n" + "\n".join(f"{part}\n" for part in parts)


def _bench(one: Mapping[str, Any]) -> Iterator[str]:
    small = " --small" if one["small"] else ""
    yield f"**{_plain(one['bench'])}**: {_plain(one['question'])}"
    if one["small"]:
        yield (
            "This was a small run: few repeats, less work in each. It shows the order of things, "
            "and no figure to quote."
        )
    yield _where(one["environment"])
    yield _versions(one["environment"])
    if (others := one["environment"]["others_cores"]) is not None and others > _OTHERS:
        yield "Others used the machine beside it, so read its times with care."
    yield f"Again: `antiphon bench {one['bench']}{small} --json {one['bench']}.json`"
    read_off = _readings(one)
    alike = [names.values() for variants in read_off.values() for names in variants.values()]
    yield _figures(one, without=set().union(*alike))
    for case, variants in read_off.items():
        yield f"Medians of {_plain(case)}:"
        yield _side_by_side(one, variants)
    yield _times(one)
    if one["skipped"]:
        yield "\n".join(f"- {_plain(name)}: {_plain(why)}" for name, why in one["skipped"].items())


def _where(environment: Mapping[str, Any]) -> str:
    during = (environment["load_during"] or {}).get("median")
    before, during, after = map(
        _load, (environment["load_before"], during, environment["load_after"])
    )
    return (
        f"Measured on {_plain(environment['cpu'] or environment['machine'])}, "
        f"{environment['cores']} cores, {size(environment['memory_bytes'])}, "
        f"{environment['system']}, {environment['implementation']} {environment['python']}; load "
        f"{before} before, {during} during, {after} after; "
        f"others kept {environment['others_cores']} cores busy; {environment['seconds']:.0f} s."
    )


def _versions(environment: Mapping[str, Any]) -> str:
    with_them, beside = (
        ", ".join(f"{name} {version}" for name, version in sorted(some.items()) if version)
        for some in (environment["packages"], environment["peers"])
    )
    ours = f"antiphon {environment['antiphon']} with {with_them}"
    return _plain(ours + (f"; beside it {beside}" if beside else "")) + "."


def _load(load: float | None) -> str:
    return "unknown" if load is None else f"{load:.2f}"


def _readings(one: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """Give by case and variant the names of the figures that are read off each variant alike.

    The names say so themselves: the case, the variant, a colon, and what is read off.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    for case in one["cases"]:
        for variant in case["variants"]:
            before = f"{case['case']}, {variant}: "
            names = {n.removeprefix(before): n for n in one["spreads"] if n.startswith(before)}
            if names:
                found.setdefault(case["case"], {})[variant] = names
    return found


def _side_by_side(one: Mapping[str, Any], variants: Mapping[str, Mapping[str, str]]) -> str:
    """Give a line for each variant, and a column for each reading."""
    heads = ["variant", *next(iter(variants.values()))]
    rows = [
        [_plain(variant), *(_figure(one["spreads"][name]["median"]) for name in names.values())]
        for variant, names in variants.items()
    ]
    return _table([_plain(head) for head in heads], rows, left={0})


def _figures(one: Mapping[str, Any], *, without: Container[str]) -> str:
    guided = bool(one["guides"])
    heads = ["figure", "median", "quartiles", *(["the guide's"] if guided else []), "target", "is"]
    rows = []
    for name, spread in one["spreads"].items():
        if name in without:
            continue
        guide = one["guides"].get(name)
        rows.append(
            [
                _plain(name),
                _figure(spread["median"]),
                f"{_figure(spread['low'])} to {_figure(spread['high'])}",
                *([("" if guide is None else _figure(guide))] if guided else []),
                _target(one["targets"].get(name)),
                _plain(one["meanings"][name]),
            ]
        )
    return _table(heads, rows, left={0, len(heads) - 1})


def _times(one: Mapping[str, Any]) -> str:
    heads = ["case", "variant", "median", "quartiles", "unit", "repeats", "start-up, ms"]
    rows = [
        [
            _plain(case["case"]),
            _plain(name),
            _figure(times["median"]),
            f"{_figure(times['low'])} to {_figure(times['high'])}",
            _plain(case["unit"]),
            f"{len(times['repeats'])} x {times['units']:,}",
            _figure(times["start_ms"]["median"]) if times["start_ms"] else "",
        ]
        for case in one["cases"]
        for name, times in case["variants"].items()
    ]
    return _table(heads, rows, left={0, 1, 4})


def _target(target: Mapping[str, Any] | None) -> str:
    if target is None:
        return ""
    sign = "≥" if target["better"] == "more" else "≤"
    return f"{sign} {target['target']:g}, {'reached' if target['reached'] else 'missed'}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: set[int]) -> str:
    rule = ["---" if place in left else "---:" for place in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


def _plain(text: str) -> str:
    """Give a text that no page takes for markup."""
    return _SPECIAL.sub(r"\\\1", visible(text))
