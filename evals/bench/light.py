"""Size of what the light core installs: the linter in CI needs no torch and no gigabytes."""

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

TARGET_MB = 150
HEAVY = ("torch", "transformers", "transformer-lens", "numpy", "scipy", "scikit-learn", "litellm")


def core_packages(name: str = "mechmentor") -> dict[str, int]:
    """Bytes of every package that the core pulls in, by name; extras left out.

    Raises:
        importlib.metadata.PackageNotFoundError: If one is not installed here.
    """
    found: dict[str, int] = {}
    todo = [(name, frozenset[str]())]
    while todo:
        package, extras = todo.pop()
        distribution = metadata.distribution(package)
        key = re.sub(r"[-_.]+", "-", package).lower()
        if key not in found:
            found[key] = sum(_size(distribution, file) for file in distribution.files or ())
        for text in distribution.requires or ():
            needed = Requirement(text)
            marks = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            wanted = needed.marker is None or any(needed.marker.evaluate(m) for m in marks)
            new = re.sub(r"[-_.]+", "-", needed.name).lower() not in found
            if wanted and (new or needed.extras):
                todo.append((needed.name, frozenset(needed.extras)))
    found.pop(name, None)
    return found


def _size(distribution: metadata.Distribution, file: metadata.PackagePath) -> int:
    if file.suffix == ".pyc":
        return 0  # --no-compile leaves them out
    path = Path(str(distribution.locate_file(file)))
    return path.stat().st_size if path.is_file() else 0
