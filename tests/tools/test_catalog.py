"""The catalogue: every entry equals its tool's own declaration; the contract holds for each."""

import subprocess
import sys

import pytest

from mechmentor.tools import catalog
from mechmentor.tools.instruments.instrument import Instrument
from mechmentor.tools.ledger import Ledger
from mechmentor.tools.spec import Args, Data, Tool, WhiteBox
from mechmentor.tools.study.contexts.library import Library
from mechmentor.tools.workbench import Workbench

NAMES = list(catalog.CATALOG)
HEAVY = {"torch", "transformers", "transformer_lens", "langgraph", "openai", "litellm"}


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_its_tools_declaration(name: str) -> None:
    tool = catalog.load(name)
    assert isinstance(tool, Tool)
    assert tool.name == name
    assert tool.need in (Workbench, Ledger, Library, Instrument)
    assert issubclass(tool.args, Args)
    assert issubclass(tool.data, Data)
    assert len(catalog.CATALOG[name].line) <= 90


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_is_described_and_none_is_extra(name: str) -> None:
    tool = catalog.load(name)
    assert tool.args.model_config["extra"] == "forbid"
    for field, info in tool.args.model_fields.items():
        assert info.description, f"{name}.{field} has no description"


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_in_the_subset_that_providers_accept(name: str) -> None:
    def walk(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        if isinstance(node, dict):
            assert not {"$ref", "anyOf", "oneOf", "allOf", "$defs"} & set(node)
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
            for value in node.values():
                walk(value)

    walk(catalog.load(name).schema())


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_valid(name: str) -> None:
    tool = catalog.load(name)
    tool.args(**tool.example)


def test_white_box_results_cannot_be_made_without_a_control() -> None:
    class Numbers(Data):
        x: float

    with pytest.raises(ValueError, match="control"):
        WhiteBox[Numbers](summary="s", data=Numbers(x=1.0))


def test_tools_without_a_control_are_these() -> None:
    plain = {name for name in catalog.AUDIT if not catalog.load(name).white_box}
    assert plain == {
        "behavior_battery",
        "prompt_variation",
        "register_hypothesis",
        "resample_reasoning",
        "sample_replies",
        "sanity_check",
        "submit_claims",
    }


def test_an_unknown_tool_names_near_ones() -> None:
    with pytest.raises(KeyError, match="logit_lens"):
        catalog.load("logit_lense")


@pytest.mark.parametrize("words", [["--help"], ["tool", "list"], ["audit", "--help"], []])
def test_help_and_lists_load_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from mechmentor.app.cli.main import run; "
        f"run({words!r}); print('LOADED', *sorted(set(m.split('.')[0] for m in sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rsplit("LOADED", 1)[1].split())
    assert not loaded & HEAVY


def test_tool_names_and_commands_never_coincide() -> None:
    from mechmentor.app.cli.main import app

    commands = {c.callback.__name__ for c in app.registered_commands}
    groups = {g.typer_instance.info.name or g.name for g in app.registered_groups}
    assert not set(NAMES) & (commands | groups)
