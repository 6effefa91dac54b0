"""The default corpus: documentation text of installed packages, read where they are installed."""

import importlib.metadata
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

# All come with the models' dependencies, at pinned versions.
PACKAGES = ("scikit-learn", "numpy", "scipy", "networkx", "sympy")
OTHERS = ("torch", "transformers")  # never trained on: what was fitted is judged here
_MOST = 1_000_000  # letters from one package
_DOCSTRING = re.compile(r'[rR]?"""(.+?)"""', re.DOTALL)
_CODE = re.compile(r"^\s*(>>>|\.\.\. |\.\. |[-=~]{3,})")


@cache
def documentation(packages: tuple[str, ...] = PACKAGES) -> tuple[str, str]:
    """The text, and the packages with versions that it was read from."""
    parts, named = [], []
    for package in packages:
        try:
            found = importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            continue
        text = "\n\n".join(_paragraphs(found))
        if text:
            parts.append(text)
            named.append(f"{package} {found.version}")
    return "\n\n".join(parts), ", ".join(named)


def _paragraphs(package: Any) -> Iterator[str]:
    taken = 0
    for file in sorted(package.files or [], key=str):
        if file.suffix != ".py" or "test" in str(file):
            continue
        try:
            source = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for match in _DOCSTRING.finditer(source):
            kept = [line.strip() for line in match[1].splitlines() if not _CODE.match(line)]
            text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
            if len(text) < 300:
                continue
            yield text
            taken += len(text)
            if taken > _MOST:
                return
