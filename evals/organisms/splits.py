"""Which instances tools and playbook may be tuned on, and which are only scored."""

import json
from importlib import resources
from typing import Literal

Split = Literal["development", "test"]
FILE = "splits.json"


def split_of(name: str, family: str) -> Split:
    """The split of an instance: `test` if it is listed, or its family is held out."""
    text = (resources.files(__package__) / FILE).read_text(encoding="utf-8")
    listed = json.loads(text)
    held_out = family == listed["held_out_family"] or name in listed["test"]
    return "test" if held_out else "development"
