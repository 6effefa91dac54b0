"""Which instances tools and playbook may be tuned on, and which only the ledger may score."""

import json
from pathlib import Path
from typing import Literal

Split = Literal["development", "test"]
HERE = Path(__file__).resolve().parent
FILE = "splits.json"


def split_of(name: str, family: str, folder: Path = HERE) -> Split:
    """The split of an instance: `test` if it is listed, or its family is held out."""
    listed = json.loads((folder / FILE).read_text(encoding="utf-8"))
    held_out = family == listed["held_out_family"] or name in listed["test"]
    return "test" if held_out else "development"


def shipped(folder: Path = HERE) -> list[str]:
    """Ids of all models with an adapter."""
    return sorted(path.parent.name for path in folder.glob("*/adapter_config.json"))


def held_back(folder: Path = HERE) -> list[str]:
    """Ids of the test split; empty where none was drawn."""
    return [
        name for name in shipped(folder) if split_of(name, _family(name, folder), folder) == "test"
    ]


def development(folder: Path = HERE) -> list[str]:
    """Ids of the development split."""
    return sorted(set(shipped(folder)) - set(held_back(folder)))


def _family(name: str, folder: Path) -> str:
    text = (folder / "sealed" / f"{name}.json").read_text(encoding="utf-8")
    family: str = json.loads(text)["family"]
    return family
