"""A folder or repository packed into one text, filtered as its .gitignore says."""

import os
from fnmatch import fnmatch
from pathlib import Path

import pathspec

from ..document import Document, Kind, Origin, Unreadable
from .plain import decode

MAX_FILE = 2**20
MAX_TOTAL = 40 * 2**20
_SKIPPED = {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".mypy_cache",
            ".ruff_cache", ".pytest_cache", "dist", "build", ".ipynb_checkpoints"}  # fmt: skip
_LOCKS = {"package-lock.json", "uv.lock", "poetry.lock", "yarn.lock", "Cargo.lock"}
_SECRET = ("*.pem", "*.key", ".env", ".env.*", "id_rsa*", ".netrc", "*.p12", "credentials*")


def load_tree(
    root: Path, *, only: tuple[str, ...] = (), kind: Kind = "folder", title: str = ""
) -> Document:
    """Pack a folder.

    Args:
        root: The folder.
        only: Patterns such as `*.py` or `src/*`; empty takes every text file.
        kind: `folder`, or `package` for an installed one.
        title: Else the folder's name.

    Raises:
        Unreadable: If no file fits.
    """
    lines: list[str] = []
    origins: list[Origin] = []
    left_out: dict[str, int] = {}
    total = 0
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if only and not any(fnmatch(name, p) or fnmatch(path.name, p) for p in only):
            continue
        reason, text = _text(path)
        if not reason and total + len(text) > MAX_TOTAL:
            reason = f"over {MAX_TOTAL // 2**20} MB together; narrow it with --only"
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        total += len(text)
        rows = text.rstrip("\n").split("\n")
        lines += [f"=== {name} ===", *rows, ""]
        origins.append(Origin(line=len(lines) - len(rows) - 1, label=name, first=0))
    if not lines:
        raise Unreadable(f"no text file in {root} fits {', '.join(only) or 'the filter'}")
    warnings = tuple(f"{n} files left out: {reason}" for reason, n in left_out.items())
    return Document(
        title or root.resolve().name, kind, tuple(lines), tuple(origins), warnings=warnings
    )


def _files(root: Path) -> list[Path]:
    found: list[Path] = []
    rules: list[tuple[Path, pathspec.PathSpec[pathspec.Pattern]]] = []
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        if (here / ".gitignore").is_file():
            text = (here / ".gitignore").read_text(encoding="utf-8", errors="replace")
            rules.append((here, pathspec.PathSpec.from_lines("gitignore", text.splitlines())))

        def ignored(path: Path, slash: str = "") -> bool:
            return any(
                path.is_relative_to(top)
                and spec.match_file(path.relative_to(top).as_posix() + slash)
                for top, spec in rules
            )

        folders[:] = sorted(
            f for f in folders
            if f not in _SKIPPED and not f.endswith((".egg-info", ".dist-info"))
            and not (here / f).is_symlink() and not ignored(here / f, "/")
        )  # fmt: skip
        for name in sorted(names):
            path = here / name
            if (
                name not in _LOCKS
                and not path.is_symlink()
                and path.is_file()
                and not ignored(path)
            ):
                found.append(path)
    return found


def _text(path: Path) -> tuple[str, str]:
    """Why a file is left out (or nothing), and its text."""
    if any(fnmatch(path.name, pattern) for pattern in _SECRET):
        return "may hold keys", ""
    if path.stat().st_size > MAX_FILE:
        return f"larger than {MAX_FILE // 2**20} MB", ""
    if path.suffix == ".ipynb":
        from .notebook import load_notebook

        try:
            return "", load_notebook(path.read_bytes(), path.name).text
        except Unreadable:
            return "broken notebooks", ""
    try:
        return "", decode(path.read_bytes())
    except Unreadable:
        return "binary", ""
    except OSError:
        return "not readable", ""
