"""Which models development may look at, and which only the ledger may score."""

import json
from pathlib import Path

HERE = Path(__file__).resolve().parent / "organisms"
FILE = "splits.json"


def shipped(folder: Path = HERE) -> list[str]:
    """Ids of all models with an adapter."""
    return sorted(path.parent.name for path in folder.glob("*/adapter_config.json"))


def held_back(folder: Path = HERE) -> list[str]:
    """Ids of the test split; empty where none was drawn."""
    path = folder / FILE
    return sorted(json.loads(path.read_text())["test"]) if path.exists() else []


def development(folder: Path = HERE) -> list[str]:
    """Ids of the development split."""
    return sorted(set(shipped(folder)) - set(held_back(folder)))
