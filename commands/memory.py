"""antiphon memory: what the agents of a run remember, and what it came from."""

from __future__ import annotations

import argparse
import json
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from ..errors import MemoryOffError
from ..memory.embedding import CheckedEmbedding, HashingEmbedding
from ..memory.item import Item
from ..memory.recall import LATELY
from ..memory.remembered import Remembered
from ..memory.store.reader import Reader
from ..memory.store.verify import verify
from ..memory.words import words_of
from ..report.data import agent_json, society_json
from ..report.from_store import story_of
from ..report.gather import line_of
from ..report.order import in_order
from ..report.page import agent_page, society_page
from ..report.text import agent_text, society_text
from ..report.wording import count, ranges, visible
from .checks import check_outputs

_EPILOG = """\
examples:
  antiphon run --agents 50 --steps 500 --memory 200 --out runs/first
  antiphon memory show runs/first explorer-1
  antiphon memory search runs/first "reward 1" --agent explorer-1
  antiphon memory why runs/first explorer-1 1-50.0
  antiphon memory report runs/first --out memories.html
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon memory`` takes."""
    parser = commands.add_parser(
        "memory",
        help="look into the memories of a run",
        description="Look into the memories of a run with --memory and --out, while it goes on "
        "or when it has ended. Nothing is changed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(execute=lambda _: parser.print_help() or 0)
    words = parser.add_subparsers(title="what to see", metavar="WHAT")
    show = _word(
        words,
        "show",
        _show,
        "the last experiences and items of an agent, or who is there",
        example="explorer-1 -k 3",
    )
    show.add_argument("agent", nargs="?", help="by default, a line for each agent")
    show.add_argument("-k", type=_least_one, default=10, metavar="N", help="default 10")
    _word(
        words,
        "stats",
        _stats,
        "what became of all experiences; also checks the store",
        example="--json",
    )
    search = _word(
        words,
        "search",
        _search,
        "what fits best to some words",
        example='"reward 1" --agent explorer-1',
    )
    search.add_argument("query", help="words, as they stand in what 'show' prints")
    search.add_argument("--agent", help="by default, everybody's memories")
    search.add_argument("-k", type=_least_one, default=10, metavar="N", help="default 10")
    why = _word(
        words,
        "why",
        _why,
        "which experiences an item stands for",
        example="explorer-1 1-50.0",
    )
    why.add_argument("agent")
    why.add_argument("item", help="its id, such as 1-50.0")
    report = _word(
        words,
        "report",
        _report,
        "sizes, consolidations and what was kept, as a page",
        example="--out memories.html",
    )
    report.add_argument("agent", nargs="?", help="by default, the whole society")
    report.add_argument(
        "--out", type=Path, metavar="FILE", help="write it here; else it is printed"
    )
    report.add_argument(
        "--format", choices=("html", "text", "json"), help="by default html to a file, else text"
    )


def _word(
    words: Any, name: str, execute: Any, about: str, *, example: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = words.add_parser(
        name,
        help=about,
        description=about,
        epilog=f"example:\n  antiphon memory {name} runs/first {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="the run's folder")
    if name != "report":
        parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(execute=execute)
    return parser


def _least_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number >= 1, got {text!r}")
    return int(text)


def _show(arguments: argparse.Namespace) -> int:
    with _reader(arguments.run) as reader:
        if arguments.agent is None:
            agents = in_order(reader.agents)
            _print(arguments, {"agents": agents}, agents)
            return 0
        newest = reader.experiences(arguments.agent, newest_first=True)
        lived = [one for _, one in islice(newest, arguments.k)][::-1]
        items = list(reader.items(arguments.agent))[-arguments.k :]
    lines = [_line(item) for item in items] + [line_of(one) for one in lived]
    found = {"items": [_data(one) for one in items], "experiences": [_data(o) for o in lived]}
    _print(arguments, found, lines or ["nothing was lived"])
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    verified = verify(arguments.run)
    totals = {**verified.totals._asdict(), "live": verified.totals.live}
    counts = {
        agent_id: {**verified.counts[agent_id]._asdict(), "live": verified.counts[agent_id].live}
        for agent_id in in_order(verified.counts)
    }
    lines = [
        f"{verified.rounds:,} rounds, {verified.rows:,} rows, all as they were written",
        "{written:,} written = {live:,} live + {consolidated:,} consolidated + {evicted:,} "
        "evicted; ".format(**totals)
        + f"{count(verified.totals.items, 'item')} made",
        *(
            f"{name}: {one['written']:,} written = {one['live']:,} live + "
            f"{one['consolidated']:,} consolidated + {one['evicted']:,} evicted"
            for name, one in counts.items()
        ),
    ]
    found = {"rounds": verified.rounds, "rows": verified.rows, "totals": totals, "agents": counts}
    _print(arguments, found, lines)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    if not arguments.query.strip():
        raise ValueError("query must hold a word, got none")
    embed = CheckedEmbedding(HashingEmbedding())
    (query,) = embed([arguments.query])
    hits: list[tuple[float, str, Item | Remembered]] = []
    with _reader(arguments.run) as reader:
        for agent_id in reader.agents if arguments.agent is None else [arguments.agent]:
            newest = islice(reader.experiences(agent_id, newest_first=True), LATELY)
            memories: list[Item | Remembered] = [
                *(one for _, one in newest),
                *reader.items(agent_id),
            ]
            words = [_words(one) for one in memories]
            # What holds the very words comes first, and counts as quite near.
            exact = [float(arguments.query.lower() in text.lower()) for text in words]
            near = [max(pair) for pair in zip(exact, (embed(words) @ query).tolist(), strict=True)]
            hits += [hit for hit in zip(near, repeat(agent_id), memories) if hit[0] > 0.0]
            # Sorting is stable, so that of equals the latest stay.
            hits = sorted(hits, key=lambda hit: -hit[0])[: arguments.k]
    lines = [f"{near:.2f}  {name}  {_line(one)}" for near, name, one in hits]
    data = [{"agent": name, "relevance": near, **_data(one)} for near, name, one in hits]
    _print(arguments, {"found": data}, lines or ["nothing like it is remembered"])
    return 0


def _words(memory: Item | Remembered) -> str:
    return words_of(memory) if isinstance(memory, Remembered) else memory.text


def _why(arguments: argparse.Namespace) -> int:
    with _reader(arguments.run) as reader:
        item = reader.item(arguments.agent, arguments.item)
    lines = [
        _line(item),
        f"stands for {count(item.count, 'experience')}: {ranges(item.members)}{_how_many(item)}",
        *(f"  {line_of(one)}" for one in item.samples),
    ]
    _print(arguments, {**_data(item), "samples": [_data(one) for one in item.samples]}, lines)
    return 0


def _how_many(item: Item) -> str:
    """Tell how many of an item's experiences it keeps; nothing where it keeps none."""
    if not item.samples:
        return ""
    return f"; {len(item.samples):,} of them whole:"


def _report(arguments: argparse.Namespace) -> int:
    how = arguments.format or ("text" if arguments.out is None else "html")
    check_outputs({"--out": arguments.out})
    with _reader(arguments.run) as reader:
        story = story_of(reader, arguments.agent)
    if arguments.agent is not None:
        page = {"html": agent_page, "text": agent_text, "json": agent_json}[how](story.agents[0])
    else:
        page = {"html": society_page, "text": society_text, "json": society_json}[how](story)
    if arguments.out is None:
        print(page, end="")
    else:
        arguments.out.write_text(page, encoding="utf-8")
        print(f"written to {arguments.out}")
    return 0


def _reader(run: Path) -> Reader:
    """Open a store in which agents may have memories.

    Raises:
        MemoryOffError: there were rounds, and nothing of them was to be remembered.
    """
    reader = Reader(run)
    if reader.round > 0 and not reader.totals.written:
        reader.close()
        raise MemoryOffError
    return reader


def _line(memory: Item | Remembered) -> str:
    if isinstance(memory, Remembered):
        return line_of(memory)
    some = count(memory.count, "experience")
    return f"{memory.id} ({memory.kind}, {some}): {visible(memory.text)}"


def _data(memory: Item | Remembered) -> dict[str, Any]:
    if isinstance(memory, Remembered):
        lived = memory.experience
        return {"sequence": memory.sequence, "round": lived.round, "text": words_of(memory)}
    return {
        "id": memory.id,
        "kind": memory.kind,
        "text": memory.text,
        "count": memory.count,
        "members": [list(one) for one in memory.members],
        "importance": memory.importance,
        "round": memory.round,
    }


def _print(arguments: argparse.Namespace, data: dict[str, Any], lines: list[str]) -> None:
    print(json.dumps(data) if arguments.json else "\n".join(lines))
