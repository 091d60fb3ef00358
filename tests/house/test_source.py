"""What no file of the package may mention, by a look at its syntax tree.

A check that guards is itself checked: each rule has lines that it must catch.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_SHIPPED = {"build", "dist", "docs", "examples", "runs", "tests"}

CODE_BEARING = {
    "cloudpickle",
    "dill",
    "eval",
    "exec",
    "marshal",
    "os.popen",
    "os.system",
    "pickle",
    "shelve",
    "yaml.full_load",
    "yaml.load",
    "yaml.unsafe_load",
}
GLOBAL_TIME_AND_CHANCE = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "random",
    "time.asctime",
    "time.clock_gettime",
    "time.ctime",
    "time.gmtime",
    "time.localtime",
    "time.sleep",
    "time.strftime",
    "time.time",
    "time.time_ns",
}
STARTS_THREADS = {
    "_thread.start_new_thread",
    "concurrent.futures.ProcessPoolExecutor",
    "concurrent.futures.ThreadPoolExecutor",
    "multiprocessing",
    "os.fork",
    "subprocess",
    "threading.Thread",
    "threading.Timer",
}


def shipped(*, but: AbstractSet[str] = frozenset()) -> list[Path]:
    """The package's files, except those in the folders named."""
    files = [*ROOT.glob("*.py"), *ROOT.glob("[!.]*/**/*.py")]
    return [f for f in files if f.relative_to(ROOT).parts[0] not in NOT_SHIPPED | but]


def found(files: list[Path], names: AbstractSet[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in files
        for line, name in mentioned(ast.parse(file.read_bytes(), file))
        if is_one_of(name, names)
    ]


def is_one_of(name: str, names: AbstractSet[str]) -> bool:
    return any(name == forbidden or name.startswith(f"{forbidden}.") for forbidden in names)


def mentioned(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each line and absolute name that is imported there, or used under any alias."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield node.lineno, alias.name
                    first = alias.name.partition(".")[0]
                    aliases[alias.asname or first] = alias.name if alias.asname else first
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for alias in names:
                    yield node.lineno, f"{module}.{alias.name}"
                    aliases[alias.asname or alias.name] = f"{module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (name := in_full(node, aliases)):
            yield node.lineno, name


def in_full(node: ast.expr, aliases: dict[str, str]) -> str | None:
    match node:
        case ast.Name(id=name):
            return aliases.get(name, name)
        case ast.Attribute(value=value, attr=attr) if owner := in_full(value, aliases):
            return f"{owner}.{attr}"
    return None


def unsafe_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each line and call that lets text become code: a shell, a pickle, a query."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in {"shell", "allow_pickle"} and not is_false(keyword.value):
                yield node.lineno, f"{keyword.arg}={ast.unparse(keyword.value)}"
        match node:
            case ast.Call(
                func=ast.Attribute(attr="execute" | "executemany" | "executescript"),
                args=[query, *_],
            ) if is_composed(query):
                yield node.lineno, ast.unparse(query)


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def is_composed(node: ast.expr) -> bool:
    """Is this text put together here: an f-string, ``%``, ``+`` or ``.format``?"""
    match node:
        case ast.JoinedStr() | ast.BinOp(op=ast.Mod() | ast.Add()):
            return True
        case ast.Call(func=ast.Attribute(attr="format" | "join")):
            return True
    return False


def test_no_format_that_bears_code() -> None:
    assert found(shipped(), CODE_BEARING) == []


def test_no_shell_no_pickled_array_no_composed_query() -> None:
    assert [
        f"{file.relative_to(ROOT)}:{line}: {call}"
        for file in shipped()
        for line, call in unsafe_calls(ast.parse(file.read_bytes(), file))
    ] == []


def test_time_and_chance_are_handed_in() -> None:
    # A bench imitates agents that sleep.
    assert found(shipped(but={"bench"}), GLOBAL_TIME_AND_CHANCE) == []


def test_no_test_sleeps() -> None:
    assert found(list((ROOT / "tests").rglob("*.py")), {"time.sleep"}) == []


def test_pykka_is_imported_in_the_kernel_alone() -> None:
    # Benches measure against stock Pykka.
    assert found(shipped(but={"actors", "bench"}), {"pykka"}) == []


def test_threads_and_processes_are_started_in_the_kernel_alone() -> None:
    # Benches measure against stock threads and other processes.
    assert found(shipped(but={"actors", "bench"}), STARTS_THREADS) == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import pickle", "pickle"),
        ("import pickle as p\np.loads(b'')", "pickle.loads"),
        ("from pickle import loads as read\nread(b'')", "pickle.loads"),
        ("def f():\n    from time import time\n    return time()", "time.time"),
        ("import time as t\nnow = t.time", "time.time"),
        ("from datetime import datetime as d\nd.now()", "datetime.datetime.now"),
        ("import os.path\nos.system('ls')", "os.system"),
        ("import concurrent.futures\nconcurrent.futures.ThreadPoolExecutor()",
         "concurrent.futures.ThreadPoolExecutor"),
        ("eval('1')", "eval"),
    ],
)  # fmt: skip
def test_a_name_is_found_under_any_alias(code: str, name: str) -> None:
    names = [name for _, name in mentioned(ast.parse(code))]
    assert name in names
    assert is_one_of(name, CODE_BEARING | GLOBAL_TIME_AND_CHANCE | STARTS_THREADS)


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.monotonic()",
        "import re\nre.compile('x')\nmodel.eval()",
        "from numpy import random\nrandom.default_rng(1)",
        "from .time import sleep\nsleep()",
        "import threading\nthreading.Lock()",
    ],
)
def test_a_name_that_only_looks_alike_is_not(code: str) -> None:
    every = CODE_BEARING | GLOBAL_TIME_AND_CHANCE | STARTS_THREADS
    assert [name for _, name in mentioned(ast.parse(code)) if is_one_of(name, every)] == []


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ("run('ls', shell=True)", True),
        ("run('ls', shell=flag)", True),
        ("np.load(path, allow_pickle=True)", True),
        ("db.execute(f'DROP TABLE {name}')", True),
        ("db.executemany('DROP TABLE %s' % name, rows)", True),
        ("db.execute('DROP TABLE ' + name)", True),
        ("db.executescript('DROP TABLE {}'.format(name))", True),
        ("np.load(path, allow_pickle=False)", False),
        ("db.execute('SELECT * FROM t WHERE id = ?', (name,))", False),
    ],
)
def test_a_call_that_runs_text_is_caught(code: str, *, caught: bool) -> None:
    assert bool(list(unsafe_calls(ast.parse(code)))) is caught
