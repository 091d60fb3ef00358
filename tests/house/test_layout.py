"""The tree is what setup.cfg says: the root is the package, and nothing strays into it."""

from __future__ import annotations

import configparser
import importlib.metadata
from pathlib import Path

import antiphon

ROOT = Path(__file__).parents[2]
FRONT_ROOM = {
    "__init__.py",
    "__main__.py",
    "cli.py",
    "clock.py",
    "errors.py",
    "forks.py",
    "layers.py",
    "logs.py",
    "plugins.py",
    "settings.py",
    "society.py",
}
NOT_SHIPPED = {"build", "dist", "docs", "examples", "runs", "tests"}


def metadata() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def folders_with_python() -> set[Path]:
    files = (file.relative_to(ROOT) for file in ROOT.glob("[!.]*/**/*.py"))
    return {file.parent for file in files if file.parts[0] not in NOT_SHIPPED}


def test_packages_list_equals_the_tree() -> None:
    listed = metadata()["options"]["packages"].split()
    found = {"antiphon", *(".".join(["antiphon", *f.parts]) for f in folders_with_python())}
    assert set(listed) == found
    assert listed == sorted(listed)


def test_every_package_has_its_docstring_file() -> None:
    assert {f for f in folders_with_python() if not (ROOT / f / "__init__.py").is_file()} == set()


def test_every_python_file_at_the_root_is_meant() -> None:
    assert {file.name for file in ROOT.glob("*.py")} == FRONT_ROOM


def test_the_version_is_written_in_one_place() -> None:
    assert metadata()["metadata"]["version"] == "attr: antiphon.__version__"
    assert antiphon.__version__ == importlib.metadata.version("antiphon")


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(antiphon.__file__).parent / "py.typed").is_file()
