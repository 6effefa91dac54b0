"""The code of the cheat sheets runs, block after block, on a real (tiny) model."""

import re
from pathlib import Path
from typing import Any

import pytest

from mechmentor.tools.study.contexts import library

SHEETS = Path(library.__file__).parents[3] / "context_files"


def execute(sheet: str, folder: Path) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    scope: dict[str, Any] = {
        "folder": str(folder),
        "hf": AutoModelForCausalLM.from_pretrained(folder),
        "tokenizer": AutoTokenizer.from_pretrained(folder),
    }
    blocks = re.findall(r"```python\n(.*?)```", (SHEETS / sheet).read_text(), re.DOTALL)
    assert len(blocks) >= 3
    # nnsight reads the source of its blocks, so that they have to be whole lines of one file.
    source = folder / f"{sheet}.py"
    source.write_text("\n".join(blocks))
    exec(compile(source.read_text(), str(source), "exec"), scope)
    return scope


def test_transformer_lens(tiny_folder: Path) -> None:
    scope = execute("02_transformerlens.md", tiny_folder)
    assert scope["stream"].shape[:2] == scope["ids"].shape
    assert not scope["changed"].equal(scope["logits"])


def test_nnsight(tiny_folder: Path) -> None:
    pytest.importorskip("nnsight")
    scope = execute("03_nnsight.md", tiny_folder)
    assert scope["stream"].shape[:2] == scope["ids"].shape
    assert not scope["changed"].equal(scope["logits"])
    with __import__("torch").no_grad():
        plain = scope["hf"](scope["ids"]).logits
    assert plain.allclose(scope["logits"], atol=1e-5)


def test_the_sheets_are_part_of_the_shipped_context() -> None:
    document = library.default_document()
    labels = {o.label for o in document.origins}
    assert {"01_techniques.md", "02_transformerlens.md", "03_nnsight.md"} <= labels
