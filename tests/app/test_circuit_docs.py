"""The examples of docs/circuits.md say what the tools say."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import mechmentor
from mechmentor.app.cases import organism_case
from mechmentor.app.cli.tool import parse
from mechmentor.tools import catalog
from mechmentor.tools.spec import Failure
from mechmentor.tools.workbench import Workbench

PAGE = Path(mechmentor.__file__).resolve().parent / "docs" / "circuits.md"
BLOCKS = re.findall(r"```\n\$ (.+)\n([^`]+)```", PAGE.read_text(encoding="utf-8"))
_NUMBER = re.compile(r"-?\d+\.\d+")


def split(command: str) -> tuple[str, dict[str, str], dict[str, Any]]:
    """A command as tool, models and arguments."""
    program, room, verb, name, *words = shlex.split(command)
    assert (program, room, verb) == ("mechmentor", "tool", "run")
    models = {}
    for option in ("--target", "--base"):
        if option in words:
            at = words.index(option)
            models[option[2:]] = words[at + 1]
            del words[at : at + 2]
    return name, models, parse(catalog.load(name), words)


def test_every_example_is_a_valid_call() -> None:
    assert {split(command)[0] for command, _ in BLOCKS} == {
        "attention_heads",
        "ablation",
        "localise",
    }
    for command, _ in BLOCKS:
        name, _, arguments = split(command)
        catalog.load(name).args.model_validate(arguments)


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=[split(command)[0] for command, _ in BLOCKS])
def test_an_example_says_what_its_tool_says(
    block: tuple[str, str], bundled_model: Any, tmp_path: Path
) -> None:
    name, models, arguments = split(block[0])
    if models:
        case = organism_case(Path(models["target"]).name)
        bench = Workbench.open(case.target, case.base, access=case.access, folder=tmp_path)
    else:
        bench = Workbench(bundled_model, folder=tmp_path)
    result = bench.run(name, **arguments)
    assert not isinstance(result, Failure), result
    said, found = " ".join(block[1].split()), result.summary
    assert _NUMBER.sub("#", found) == _NUMBER.sub("#", said)
    shown, measured = (list(map(float, _NUMBER.findall(text))) for text in (said, found))
    assert measured == pytest.approx(shown, rel=0.02, abs=0.02)
    assert result.control.beyond is not said.startswith("No effect")
