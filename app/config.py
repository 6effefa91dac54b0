"""Where things are kept, and how numbers are said. Read from the environment, never written."""

import os
from pathlib import Path

import platformdirs


def runs_folder() -> Path:
    """Where run folders go: `MECHMENTOR_RUNS`, else `./runs`."""
    return Path(os.environ.get("MECHMENTOR_RUNS", "runs"))


def cache_folder() -> Path:
    """Where converted models and kept results go: `MECHMENTOR_CACHE`, else the user's cache."""
    return Path(os.environ.get("MECHMENTOR_CACHE") or platformdirs.user_cache_path("mechmentor"))


def find_run(name: str) -> Path:
    """A run folder from its path, its name, a unique part of its name, or `last`.

    Raises:
        FileNotFoundError: With what to do instead.
    """
    direct = Path(name)
    if (direct / "tape.jsonl").exists():
        return direct
    parent = runs_folder()
    known = sorted(p.parent for p in parent.glob("*/tape.jsonl"))
    if name == "last" and known:
        return known[-1]
    talks = sorted(p.parent for p in parent.glob("talks/*/tape.jsonl"))
    found = [p for p in known if name in p.name] or [p for p in talks if name in p.name]
    if len(found) == 1:
        return found[0]
    if found:
        raise FileNotFoundError(
            f"{name!r} fits {len(found)} runs: {', '.join(p.name for p in found)}"
        )
    raise FileNotFoundError(f"no run {name!r} below {parent}; `mechmentor runs list` shows them")
