"""The package is built from what git knows, and run far from the checkout.

Beside the user lie a ``models.py`` and a ``memory.py`` of their own, as in many a project.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]
LARGEST_INSTALL = 110_000_000  # bytes, with every core dependency
INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")


class Installed(NamedTuple):
    wheel: Path
    site_packages: Path
    scripts: Path
    elsewhere: Path

    def run(self, program: str, *arguments: str) -> str:
        return output(self.scripts / program, *arguments, cwd=self.elsewhere)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    room = tmp_path_factory.mktemp("packaging")
    wheel = build(export(room / "source"), room / "dist")
    output(sys.executable, "-m", "venv", room / "venv", cwd=room)
    python = room / "venv/bin/python"
    pip = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
    output(python, *pip, wheel, cwd=room)
    elsewhere = room / "elsewhere"
    elsewhere.mkdir()
    for name in ("models.py", "memory.py"):
        (elsewhere / name).write_text("MINE = True\n", encoding="utf-8")
    where = output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=room)
    return Installed(wheel, Path(where.strip()), python.parent, elsewhere)


def export(target: Path) -> Path:
    """Copy what a commit of everything would hold; a leftover ``build/lib`` stays behind."""
    listed = output("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT)
    # A file that was removed but not yet committed is still listed.
    for name in filter(lambda name: (ROOT / name).is_file(), listed.rstrip("\0").split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return target


def build(source: Path, dist: Path) -> Path:
    """Build the wheel from the source distribution, so that both are tried."""
    output(sys.executable, "-m", "build", "--outdir", dist, source, cwd=source)
    (wheel,) = dist.glob("*.whl")
    return wheel


def output(*command: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def test_the_wheel_holds_the_package_and_nothing_else(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    in_package = [name for name in names if ".dist-info/" not in name]
    assert "antiphon/py.typed" in in_package
    assert [name for name in in_package if not name.startswith("antiphon/")] == []
    assert {Path(name).suffix for name in in_package} == {".py", ".typed"}
    assert [name for name in in_package if Path(name).parts[1] in {"build", "tests"}] == []
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_nothing_lands_beside_the_package(installed: Installed) -> None:
    ours = {folder.name for folder in ROOT.iterdir() if folder.is_dir()} - {"__pycache__"}
    assert ours.isdisjoint(path.name for path in installed.site_packages.iterdir())


def test_the_module_answers_for_help(installed: Installed) -> None:
    assert "antiphon" in installed.run("python", "-m", "antiphon", "--help")


def test_the_doctor_is_content_without_extras(installed: Installed) -> None:
    assert installed.run("antiphon", "doctor")


def test_a_small_society_runs(installed: Installed) -> None:
    report = json.loads(installed.run("antiphon", "run", "--agents", "3", "--steps", "3", "--json"))
    assert (report["agents"], report["rounds"]) == (3, 3)
    assert report["outcomes"]["acted"] == 9


def test_the_users_own_modules_are_found_under_their_names(installed: Installed) -> None:
    code = "import antiphon.models, models, memory; print(models.MINE and memory.MINE)"
    assert installed.run("python", "-c", code).strip() == "True"


def test_a_plain_install_stays_small(installed: Installed) -> None:
    files = [
        file
        for entry in installed.site_packages.iterdir()
        if not entry.name.startswith(INSTALLERS)
        for file in (entry.rglob("*") if entry.is_dir() else [entry])
        if file.is_file()
    ]
    assert sum(file.stat().st_size for file in files) <= LARGEST_INSTALL
