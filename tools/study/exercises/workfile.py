"""The file that a learner fills in: a Python file or notebook for code, markdown for the rest."""

import json
import re
import shlex
from pathlib import Path

from . import bank
from .code import blank
from .measure import resolved
from .percent import Cell, to_notebook, to_percent
from .types import Choice, Coding, Compared, Exercise, Maths, Measure

LETTERS = "ABCDE"
ANSWER_MARK = "<!-- your answer below this line -->"
SHEET_MARK = "<!-- check every box yourself, then grade again -->"
_MODEL_CELL = """\
if "MODEL_FOLDER" not in globals():  # the grader sets both; on your own machine:
    from mechmentor.tools.study.exercises.code import model_folders

    MODEL_FOLDER, SAE_FOLDER = map(str, model_folders().values())
"""


def work_folder() -> Path:
    """Where work files go."""
    return bank.own_folder() / "work"


def work_path(exercise: Exercise, *, notebook: bool = False) -> Path:
    """Where an exercise's work file goes."""
    suffix = (".ipynb" if notebook else ".py") if exercise.kind == "coding" else ".md"
    return work_folder() / f"{exercise.id}{suffix}"


def text_of(exercise: Exercise, *, notebook: bool = False) -> str:
    """The work file's text, without anything that gives the answer away."""
    if isinstance(exercise, Coding):
        cells = cells_of(exercise, blank(exercise))
        return to_notebook(cells) if notebook else to_percent(cells)
    head = f"# {exercise.title}\n\n{exercise.statement}\n\n"
    if isinstance(exercise, Maths):
        return f"{head}Write a number (3/4, sqrt(2), 0.75) or a vector ([1, 2]).\n\nanswer:\n"
    if isinstance(exercise, Choice):
        options = "\n".join(
            f"- {LETTERS[i]}. {option.text}" for i, option in enumerate(exercise.options)
        )
        return f"{head}{options}\n\nanswer:\nconfidence:\n"
    if isinstance(exercise, Measure):
        words = ", ".join(f"{k} = {v!r}" for k, v in exercise.arguments.items())
        lines = [f"Tool: `{exercise.tool}` on the bundled model" + (f" ({words})" if words else "")]
        lines += [
            "Predict each number first, with a range that you are 80% sure of (low .. high).",
            "",
        ]
        for number, ask in enumerate(exercise.asks, 1):
            lines += [f"{number}. {ask.question}", "", f"prediction {number}:", f"range {number}:"]
        return head + "\n".join(lines) + "\n"
    return f"{head}{ANSWER_MARK}\n\n"


def cells_of(exercise: Coding, code: str) -> list[Cell]:
    """A coding exercise as cells around the given code for the body."""
    head = f"# {exercise.title}\n\n{exercise.statement}"
    cells = [Cell("markdown", head)]
    if exercise.model == "bundled":
        cells.append(Cell("code", _MODEL_CELL))
    if exercise.given.strip():
        cells.append(Cell("code", exercise.given))
    cells.append(Cell("code", code))
    said = f"Check it: `mechmentor exercise grade {exercise.id}`"
    if exercise.compares:
        said += f"\n\nThe tool that yours must agree with: `{command_of(exercise.compares)}`"
    cells.append(Cell("markdown", said))
    return cells


def command_of(compared: Compared) -> str:
    """The command line that runs the tool which an exercise re-implements."""
    words = [f"mechmentor tool run {compared.tool}"]
    for name, value in resolved(compared.arguments).items():
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        words.append(f"--{name} {shlex.quote(said)}")
    return " ".join(words)


def write(exercise: Exercise, *, notebook: bool = False, again: bool = False) -> Path:
    """Write the work file, and beside it the modules that it imports.

    Raises:
        FileExistsError: If it is there already and `again` is not set; nothing is overwritten.
    """
    path = work_path(exercise, notebook=notebook)
    if path.exists() and not again:
        raise FileExistsError(f"{path} is there already; grade it, or start afresh with --again")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(exercise, notebook=notebook), encoding="utf-8")
    if isinstance(exercise, Coding):
        for name, text in bank.given_files(exercise.files):
            (path.parent / name).write_text(text, encoding="utf-8")
    return path


def find_work(exercise: Exercise) -> Path:
    """The work file that was changed last.

    Raises:
        FileNotFoundError: If none was started.
    """
    made = [work_path(exercise), work_path(exercise, notebook=True)]
    there = [path for path in made if path.exists()]
    if not there:
        raise FileNotFoundError(
            f"{exercise.id} is not started; first: mechmentor exercise do {exercise.id}"
        )
    return max(there, key=lambda path: path.stat().st_mtime)


def line_of(text: str, name: str) -> str:
    """What stands behind the last `name:` at the start of a line; empty if nothing does."""
    found = re.findall(rf"(?mi)^{re.escape(name)}[ \t]*:[ \t]*(.*)$", text)
    return found[-1].strip() if found else ""


def answer_of(text: str) -> tuple[str, str]:
    """A written answer and the sheet below it, empty where there is none."""
    _, _, rest = text.partition(ANSWER_MARK)
    answer, _, sheet = rest.partition(SHEET_MARK)
    return answer.strip(), sheet.strip()
