"""The corpus of write-ups: planted errors that are found, sound write-ups that are left alone.

Only the open part is read here; the held-out part has its own command and its own ledger.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ...prompts import render
from ...tools.critique.document.read import read_draft
from ...tools.critique.linter import lint
from ...tools.spec import Chat, Message
from ..cells import NotRun
from ..critique.documents import HERE, TEXT, documents
from ..critique.planter.__main__ import write
from ..critique.planter.plant import KINDS
from ..critique.score import score
from .answers import Item

Finding = dict[str, Any]
Critic = Callable[[Path, str, Chat | None], list[Finding]]
MAJOR = "major"


class Corpus:
    """The open part, written once into a folder of its own."""

    def __init__(self) -> None:
        self._held = tempfile.TemporaryDirectory(prefix="mechmentor-corpus-")
        self.folder = Path(self._held.name)
        write(self.folder, "open", range(1))
        truth = json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))
        self.part = truth["part"]
        self.cases = {case["case"]: case for case in truth["cases"]}
        self.documents = {d.id: d for d in documents() if (self.folder / "clean" / d.id).is_dir()}
        self.categories = json.loads((HERE / "categories.json").read_text(encoding="utf-8"))


@cache
def corpus() -> Corpus:
    """The open part."""
    return Corpus()


def recall_items() -> list[Item]:
    """Every open case."""
    return [
        Item(id=name, unit=case["document"], group=case["kind"], flawed=True)
        for name, case in corpus().cases.items()
    ]


def clean_items() -> list[Item]:
    """Every open write-up without an error put in."""
    return [
        Item(id=name, unit=name, group=document.author, flawed=False)
        for name, document in corpus().documents.items()
    ]


def linter(folder: Path, main: str, chat: Chat | None) -> list[Finding]:
    """The product's rules, without a model."""
    return [
        {
            "rule": f.rule,
            "severity": f.severity,
            "file": os.path.relpath(f.place.file, folder).replace(os.sep, "/"),
            "line": f.place.line,
            "end_line": f.place.end_line,
        }
        for f in lint(read_draft(folder / main)).findings
    ]


def silent(folder: Path, main: str, chat: Chat | None) -> list[Finding]:
    """Finds nothing, ever."""
    return []


def everything(folder: Path, main: str, chat: Chat | None) -> list[Finding]:
    """Every kind of error on every line."""
    count = (folder / main).read_text(encoding="utf-8").count("\n") + 1
    return [
        {"kind": kind, "severity": MAJOR, "file": main, "line": line}
        for kind in KINDS
        for line in range(1, count + 1)
    ]


def llm(folder: Path, main: str, chat: Chat | None) -> list[Finding]:
    """A language model that is shown numbered lines and the kinds."""
    assert chat is not None
    files = {
        path.relative_to(folder).as_posix(): _numbered(path)
        for path in sorted(folder.rglob("*"))
        if path.suffix in TEXT
    }
    text = render("eval_critique", kinds=sorted(KINDS), files=files)
    return _read(chat.complete([Message(role="user", content=text)]).text, main)


CRITICS: dict[str, Critic] = {
    "linter": linter,
    "silent": silent,
    "everything": everything,
    "llm": llm,
}


def _numbered(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").split("\n")
    return "\n".join(f"{number}: {line}" for number, line in enumerate(lines, 1))


def _read(reply: str, main: str) -> list[Finding]:
    """The findings of a reply; what is no finding is left out."""
    match = re.search(r"\[.*\]", reply, re.DOTALL)
    try:
        rows = json.loads(match.group()) if match else []
    except ValueError:
        rows = []
    return [
        {
            "kind": row["kind"],
            "severity": MAJOR,
            "file": str(row.get("file") or main),
            "line": row["line"],
        }
        for row in rows
        if isinstance(row, dict) and row.get("kind") in KINDS and type(row.get("line")) is int
    ]


def _on(folder: Path, main: str, critic: str, chat: Chat | None) -> list[Finding]:
    # A model's replies are kept by their question; only what needs none is remembered here.
    return CRITICS[critic](folder, main, chat) if chat else list(_kept(folder, main, critic))


@cache
def _kept(folder: Path, main: str, critic: str) -> tuple[Finding, ...]:
    return tuple(CRITICS[critic](folder, main, None))


def recall(critic: str, item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Whether a critic finds the planted error, and not on the sound twin as well.

    Raises:
        NotRun: If nothing says which rule reports which kind.
    """
    found, case = corpus(), corpus().cases[item.id]
    if critic == "linter" and not any(found.categories.values()):
        raise NotRun("no rule of the linter is mapped to a kind in categories.json")
    clean = _on(found.folder / "clean" / case["document"], case["main"], critic, chat)
    planted = _on(found.folder / "planted" / item.id, case["main"], critic, chat)
    said = score(
        {"part": found.part, "cases": [case]},
        {"clean": {case["document"]: clean}, "planted": {item.id: planted}},
        found.categories,
    )
    return said.recall.hits > 0, f"{len(planted)} findings"


def clean(critic: str, item: Item, chat: Chat | None) -> tuple[bool, str]:
    """Whether a critic raises a major finding on a sound write-up."""
    document = corpus().documents[item.id]
    rows = _on(corpus().folder / "clean" / item.id, document.main, critic, chat)
    major = sum(row.get("severity") == MAJOR for row in rows)
    return major > 0, f"{major} major of {len(rows)} findings"
