"""The page of transcripts: its commands exist, and what needs no model says the same today."""

import re
import shlex
from typing import Any

import pytest
import typer

from mechmentor.app.cli.main import app
from mechmentor.app.exercise_transcript import LESSONS, PAGE, sections
from mechmentor.tools.study.exercises import bank
from mechmentor.tools.study.exercises.types import KINDS

TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [shlex.split(line[2:]) for line in TEXT.splitlines() if line.startswith("$ ")]


def test_one_of_each_kind_is_done_and_graded() -> None:
    assert set(LESSONS) == set(KINDS)
    for title, _ in LESSONS.values():
        section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
        assert "exercise do" in section
        assert "exercise grade" in section
        assert re.search(r"(?m)^score \d+%", section)


def test_the_commands_still_exist() -> None:
    root: Any = typer.main.get_command(app)
    for program, *words in COMMANDS:
        assert program == "mechmentor"
        command, rest = root, words
        while hasattr(command, "commands"):
            assert rest[0] in command.commands, words
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context(words[-1], list(rest), resilient_parsing=False)
        assert bank.find(rest[0])


def test_nothing_of_the_machine_or_a_key_is_on_the_page() -> None:
    assert not re.search(r"/home/|/root/|/tmp/|/work/|sk-", TEXT.replace("exercises/work/", ""))


@pytest.mark.parametrize("kind", ["maths", "choice"])
def test_what_is_shown_is_what_happens(kind: str) -> None:
    (section,) = sections((kind,))
    assert without_calibration(section) in without_calibration(TEXT)


def without_calibration(text: str) -> str:
    """The line on calibration counts what was done before in the same folder."""
    return re.sub(r"(?m)^calibration:.*\n", "", text)
