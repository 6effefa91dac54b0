"""The user's contexts on disk, and the default one that is shipped."""

import datetime
import json
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import platformdirs
import yaml

from ...spec import Chat, Frozen
from ..quotes.find import Source
from .document import Document, Figure, Kind, Origin

_SHIPPED = Path(__file__).parents[3] / "context_files"
DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class NoContext(ValueError):
    """A context that is not there, or a name that cannot be given."""


class Card(Frozen):
    """What is kept beside a context's text.

    Attributes:
        name: One word; citations use it.
        title: The document's title.
        source: Path, address, arXiv id with version, or package with version.
        kind: What it was loaded from.
        sha256: Hash of its text.
        added: When.
        lines: How many.
        tokens: Estimate, characters / 4.
    """

    name: str
    title: str
    source: str
    kind: Kind
    sha256: str
    added: str
    lines: int
    tokens: int
    origins: tuple[Origin, ...] = ()
    figures: tuple[Figure, ...] = ()
    warnings: tuple[str, ...] = ()
    furniture: tuple[int, ...] = ()


class Library:
    """Contexts by name; what tools of the learner act on.

    Attributes:
        folder: Where contexts are kept.
        only: Names that may be read, or None for all.
        chat: A language model for the tools that need one; None makes them return a prompt.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        only: tuple[str, ...] | None = None,
        chat: Chat | None = None,
    ) -> None:
        self.folder = folder or contexts_folder()
        self.only, self.chat = only, chat
        self._sources: dict[str, Source] = {}

    def names(self) -> list[str]:
        """Names of all contexts, the shipped one first."""
        kept = sorted(p.parent.name for p in self.folder.glob("*/context.json"))
        found = [DEFAULT, *(n for n in kept if n != DEFAULT and _NAME.fullmatch(n))]
        return found if self.only is None else [n for n in found if n in self.only]

    def card(self, name: str) -> Card:
        """What is known about a context.

        Raises:
            NoContext: If there is none of that name; the message lists near ones.
        """
        if name not in self.names():
            import difflib

            near = difflib.get_close_matches(name, self.names(), n=3) or self.names()
            raise NoContext(f"no context {name!r}; there are: {', '.join(near)}")
        if name == DEFAULT:
            return _card(name, default_document(), "shipped with mechmentor", "")
        try:
            return Card.model_validate_json((self.folder / name / "context.json").read_bytes())
        except ValueError:
            raise NoContext(f"context {name!r} is damaged; remove it and add it again") from None

    def source(self, name: str) -> Source:
        """A context's text, ready to be searched and quoted from."""
        if name not in self._sources:
            self._sources[name] = Source(name, self._document(name))
        return self._sources[name]

    def sources(self, names: tuple[str, ...] = ()) -> list[Source]:
        """Several texts; no names means all."""
        return [self.source(n) for n in names or self.names()]

    def add(
        self, document: Document, source: str, name: str = "", *, replace: bool = False
    ) -> Card:
        """Keep a document.

        Raises:
            NoContext: If the name is taken by another text, or is no single word.
        """
        name = name or self._free_name(document, source)
        if not _NAME.fullmatch(name) or name == DEFAULT:
            raise NoContext(f"{name!r} cannot be a name; use one word of letters and digits")
        card = _card(
            name, document, source, datetime.datetime.now().astimezone().isoformat("T", "seconds")
        )
        home = self.folder / name
        if (home / "context.json").exists():
            if self.card(name).sha256 == card.sha256:
                return self.card(name)
            if not replace:
                raise NoContext(f"{name!r} already holds another text; give --name, or --replace")
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            (fresh / "text.txt").write_text(
                document.text, encoding="utf-8", newline="\n", errors="replace"
            )
            (fresh / "context.json").write_text(card.model_dump_json(indent=1), encoding="utf-8")
            if document.images:
                (fresh / "figures").mkdir()
                for file, data in document.images.items():
                    (fresh / "figures" / Path(file).name).write_bytes(data)
            if home.exists():
                home.rename(fresh.with_name(fresh.name + ".old"))
            fresh.rename(home)
        finally:
            for rest in (fresh, fresh.with_name(fresh.name + ".old")):
                shutil.rmtree(rest, ignore_errors=True)
        self._sources.pop(name, None)
        return card

    def remove(self, name: str) -> Card:
        """Delete a context; the source that it was made from is not touched."""
        card = self.card(name)
        if name == DEFAULT:
            raise NoContext("the default context is shipped and cannot be removed")
        shutil.rmtree(self.folder / name)
        self._sources.pop(name, None)
        return card

    def _document(self, name: str) -> Document:
        if name == DEFAULT and (self.only is None or name in self.only):
            return default_document()
        card = self.card(name)
        text = (self.folder / name / "text.txt").read_text(encoding="utf-8")
        return Document(
            card.title, card.kind, tuple(text.split("\n")), card.origins, card.figures,
            warnings=card.warnings, furniture=frozenset(card.furniture),
        )  # fmt: skip

    def _free_name(self, document: Document, source: str) -> str:
        paper = re.fullmatch(r"arXiv:(.+)", source)
        if paper:
            return paper[1].replace("/", "-")
        stem = Path(source.rstrip("/")).stem if document.kind != "package" else source.split()[1]
        return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "context"


def contexts_folder() -> Path:
    """Where contexts are kept: below `MECHMENTOR_DATA`, else the user's data folder."""
    return (
        Path(os.environ.get("MECHMENTOR_DATA") or platformdirs.user_data_path("mechmentor"))
        / "contexts"
    )


@cache
def default_document() -> Document:
    """The shipped context: techniques, map of the field, glossary, cheat sheets."""
    lines: list[str] = []
    origins = []
    for path in sorted(_SHIPPED.glob("*.md")):
        origins.append(Origin(line=len(lines) + 1, label=path.name, first=1))
        lines += [*path.read_text(encoding="utf-8").rstrip("\n").split("\n"), ""]
    return Document(
        "Mechanistic interpretability: a working reference",
        "markdown",
        tuple(lines),
        tuple(origins),
    )


def suggested() -> dict[str, dict[str, str]]:
    """Readings by one-word name, each with `title` and `source`; never shipped, only fetched."""
    found: dict[str, dict[str, str]] = yaml.safe_load((_SHIPPED / "suggested.yaml").read_text())
    return found


def _card(name: str, document: Document, source: str, added: str) -> Card:
    return Card(
        name=name, title=" ".join(document.title.split())[:300], source=source, kind=document.kind,
        sha256=document.sha256, added=added, lines=len(document.lines), tokens=document.tokens,
        origins=document.origins, figures=document.figures, warnings=document.warnings,
        furniture=tuple(sorted(document.furniture)),
    )  # fmt: skip


def card_json(card: Card) -> str:
    """A card for `--json`, without its tables."""
    return json.dumps(card.model_dump(mode="json", exclude={"origins", "furniture"}))
