"""The clean write-ups, as they lie in `corpus/`."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
TEXT = (".md", ".tex", ".bib", ".ipynb", ".html")


class Row(BaseModel):
    """A value object."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(Row):
    """One write-up.

    Attributes:
        id: Folder under `corpus/`.
        main: The file to give to a critic; others are included by it.
        form: How it is written.
        author: `independent` if its author knew neither the rules nor the planter.
        topic: A few words.
        added: Written after the first scoring of the held-out part, and so never held out.
    """

    id: str
    main: str
    form: Literal["markdown", "latex", "notebook", "html"]
    author: Literal["project", "independent"]
    topic: str
    added: bool = False

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return CORPUS / self.id

    def texts(self) -> dict[str, str]:
        """Text of each file by path inside the folder; pictures are left out."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(self.folder.rglob("*"))
            if path.suffix in TEXT
        }


def documents() -> list[Document]:
    """All write-ups, by id."""
    rows = json.loads((HERE / "corpus.json").read_text(encoding="utf-8"))
    return sorted((Document(**row) for row in rows), key=lambda document: document.id)
