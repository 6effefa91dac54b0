"""The contexts that a user keeps: one file each, in the user's data folder."""

import os
from pathlib import Path

import platformdirs

from .document import Context, ContextError


def contexts_folder() -> Path:
    """Where contexts are kept: `MECHMENTOR_DATA`, else the platform's place, below `contexts`."""
    data = os.environ.get("MECHMENTOR_DATA") or platformdirs.user_data_path("mechmentor")
    return Path(data) / "contexts"


class Library:
    """Contexts by name.

    Attributes:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or contexts_folder()

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def get(self, name: str) -> Context:
        """A context.

        Raises:
            ContextError: If there is none of that name, or its file is broken.
        """
        path = self.folder / f"{name}.json"
        if name not in self.names():
            known = ", ".join(self.names()) or "none yet: mechmentor context add FILE"
            raise ContextError(f"no context {name!r}; there are: {known}")
        try:
            return Context.model_validate_json(path.read_text(encoding="utf-8"))
        except ValueError:
            raise ContextError(f"{name} is broken; mechmentor context remove {name}") from None

    def add(self, context: Context) -> Path:
        """Keep a context; one of the same name is replaced in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{context.name}.json"
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(context.model_dump_json(), encoding="utf-8")
        temporary.replace(path)
        return path

    def remove(self, name: str) -> None:
        """Forget a context.

        Raises:
            ContextError: If there is none of that name.
        """
        if name not in self.names():
            raise ContextError(f"no context {name!r}")
        (self.folder / f"{name}.json").unlink()


def packed(contexts: list[Context]) -> str:
    """Contexts as one file to attach to any chat, its lines numbered as citations count them."""
    parts = [
        f'<context name="{c.name}" title="{_attribute(c.title)}" source="{_attribute(c.source)}">\n'
        f"{c.numbered()}\n</context>"
        for c in contexts
    ]
    return "\n\n".join(parts) + "\n"


def _attribute(text: str) -> str:
    return " ".join(text.replace('"', "'").replace("<", "(").replace(">", ")").split())
