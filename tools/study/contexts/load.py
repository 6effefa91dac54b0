"""Turn whatever a user names into a document: path, address, arXiv id, installed package."""

from dataclasses import dataclass
from pathlib import Path

from .arxiv import arxiv_id, load_arxiv
from .document import Document, Unreadable
from .fetch import MAX_BYTES, fetch
from .formats.archive import members
from .formats.latex import load_latex
from .formats.notebook import load_notebook
from .formats.pdf import load_pdf
from .formats.plain import load_text
from .formats.tree import load_tree
from .formats.web_page import load_html


@dataclass(frozen=True)
class Loaded:
    """A document and where it came from, as the store keeps it."""

    document: Document
    source: str


def load(named: str, *, only: tuple[str, ...] = ()) -> Loaded:
    """Load a source.

    Args:
        named: A file, a folder, an http address or an arXiv id.
        only: File patterns, for folders.

    Raises:
        Unreadable: With what is wrong and what to do.
    """
    path = Path(named).expanduser()
    if path.is_dir():
        return Loaded(load_tree(path, only=only), str(path))
    if path.is_file():
        return Loaded(load_file(path), str(path))
    paper = arxiv_id(named)
    if paper:
        return Loaded(*load_arxiv(paper))
    if named.startswith(("http://", "https://")):
        response = fetch(named)
        kind = response.headers.get("content-type", "")
        return Loaded(load_bytes(response.content, named, hint=kind), named)
    raise Unreadable(
        f"{named!r} is no file, folder, address, arXiv id or suggested name; "
        "`context list --suggested` shows names"
    )


def load_file(path: Path) -> Document:
    """Load a local file; a .tex is flattened with the files beside it."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Unreadable(
            f"{path.name} has {size / 2**20:.0f} MB, the limit is {MAX_BYTES // 2**20} MB; "
            "add the part that you need"
        )
    if size == 0:
        raise Unreadable(f"{path.name} is empty (0 bytes); download or export it again")
    if path.suffix.lower() in (".tex", ".ltx"):
        return load_latex(_beside(path), path.name, main=path.name)
    return load_bytes(path.read_bytes(), path.name)


def load_bytes(data: bytes, name: str, hint: str = "") -> Document:
    """Load a file's contents; what it is, its first bytes decide, then its ending."""
    ending = Path(name.split("?", maxsplit=1)[0]).suffix.lower()
    start = data[:2048].lstrip().lower()
    if data.lstrip()[:5] == b"%PDF-" or ending == ".pdf":
        return load_pdf(data, name)
    if data[:2] in (b"PK", b"\x1f\x8b") or ending in (".tar", ".zip"):
        return load_latex(members(data, name), name)
    if ending == ".ipynb":
        return load_notebook(data, name)
    if (
        ending in (".html", ".htm", ".xhtml")
        or "html" in hint
        or start.startswith((b"<!doctype html", b"<html"))
    ):
        return load_html(data, name)
    if b"\\documentclass" in data[:20_000] and ending in ("", ".tex"):
        return load_latex({"main.tex": data}, name)
    return load_text(data, name)


def load_package(name: str, *, only: tuple[str, ...] = ()) -> Loaded:
    """The source of an installed library, without importing it.

    Raises:
        Unreadable: If it is not installed or has no source.
    """
    from importlib.machinery import PathFinder
    from importlib.metadata import packages_distributions, version

    # Only the top name, by the path: finding a submodule would run the package's code.
    spec = PathFinder.find_spec(name) if name.isidentifier() else None
    where = list(spec.submodule_search_locations or []) if spec else []
    if not spec or not (where or spec.origin):
        raise Unreadable(
            f"no package {name!r} is installed here; pip install it, or add its folder"
        )
    owners = packages_distributions().get(name, [])
    label = f"{name} {version(owners[0])}" if owners else name
    if where:
        tree = load_tree(Path(where[0]), only=only or ("*.py", "*.md"), kind="package", title=label)
        return Loaded(tree, f"package {label}")
    return Loaded(load_file(Path(str(spec.origin))), f"package {label}")


def _beside(main: Path) -> dict[str, bytes]:
    """What a .tex file may include: sources and figures in its folder, by relative path."""
    wanted = {".tex", ".ltx", ".bbl", ".tikz", ".png", ".jpg", ".jpeg", ".pdf"}
    found = {main.name: main.read_bytes()}
    root = main.parent
    for path in sorted(root.rglob("*"))[:5000]:
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        good = path.suffix.lower() in wanted and not hidden and not path.is_symlink()
        if good and path.is_file() and path.stat().st_size <= 20 * 2**20:
            found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found
