"""The structure that the rest relies on: packages by name, imports downward, no circle, pins."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import mechmentor

ROOT = Path(mechmentor.__file__).resolve().parent
ROOMS = ("prompts", "tools", "agent", "evals", "app")  # each may import those before it
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules() -> list[Path]:
    return [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))]


def imported(path: Path, *, everywhere: bool = True) -> set[str]:
    """Absolute dotted names that a module imports from the project."""
    package = [*path.relative_to(ROOT).parent.parts]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if everywhere else iter(tree.body)
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            stem = [*base, *(node.module.split(".") if node.module else [])]
            found |= {".".join([*stem, alias.name]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mechmentor."):
            found.add(str(node.module).removeprefix("mechmentor."))
    return found


def test_packages_are_listed_by_name() -> None:
    folders = {
        ".".join(["mechmentor", *p.parent.relative_to(ROOT).parts])
        for room in ROOMS
        for p in (ROOT / room).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"mechmentor"}


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_downward(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    for path in (ROOT / room).rglob("*.py"):
        wrong = {name for name in imported(path) if name.split(".")[0] in above}
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_no_module_is_in_an_import_circle() -> None:
    names = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        found = imported(path, everywhere=False)
        graph[name] = {t for n in found for t in (n, n.rsplit(".", 1)[0]) if t in names} - {name}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                walk(target, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())


def test_every_requirement_is_pinned_and_no_line_holds_an_address() -> None:
    lines = (ROOT / "constraints.txt").read_text().split()
    pins = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", line) for line in lines)
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(x for extra in project["optional-dependencies"].values() for x in extra),
    ]
    names = {re.split(r"[<>=\[;]", item)[0].strip().lower() for item in wanted}
    assert not names - pins


def test_a_folder_of_code_stays_small_and_has_a_docstring() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(path.read_text())), path


def test_no_machine_path_no_registry_address_no_key_in_tracked_files() -> None:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    homes = "|".join(("root", r"home/\w+"))
    bad = re.compile(rf"index[-]url|find[-]links|sk-or-v1-[0-9a-f]{{20}}|(?<![\w.])/(?:{homes})/\w")
    for name in filter(None, done.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".sh"} and path.is_file():
            found = bad.search(path.read_text(encoding="utf-8"))
            assert not found, f"{name}: {found.group() if found else ''}"
