"""One exercise of each kind done by a new user without a key: real commands and what they said."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ..tools.study.exercises import bank, workfile
from ..tools.study.exercises.percent import to_percent
from ..tools.study.exercises.types import Coding, Written

PAGE = Path(__file__).resolve().parent.parent / "docs" / "exercises.md"
_HEAD = """\
# One exercise of each kind, without a key

Written by `mechmentor dev exercise-transcript`, which runs each command below in an empty folder
with no key in the environment and no language model. What the learner writes is shown as `+`
lines; wrong answers come first.
"""
_KEYS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENROUTER_API_KEY", "MECHMENTOR_EXERCISES")


class Desk:
    """A new user's folder: runs commands there, edits files, and takes down both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []

    def run(self, *words: str) -> None:
        """Run a command of the program as a process of its own."""
        kept = {name: value for name, value in os.environ.items() if name not in _KEYS}
        done = subprocess.run(
            [sys.executable, "-m", "mechmentor", *words],
            cwd=self.folder,
            env={**kept, "NO_COLOR": "1", "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.lines.append(f"$ mechmentor {' '.join(words)}")
        self.lines += done.stdout.rstrip().splitlines()
        if done.returncode:
            self.lines.append(f"[exit code {done.returncode}]")

    def write(self, name: str, change: Callable[[str], str], shown: str) -> None:
        """Change an exercise's work file as an editor would; `shown` is what the learner typed."""
        path = self.folder / workfile.work_path(bank.find(name))
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        self.lines += [f"+ {line}".rstrip() for line in shown.rstrip().splitlines()]

    def show(self, name: str, mark: str) -> None:
        """Take down how the work file goes on from a line."""
        text = (self.folder / workfile.work_path(bank.find(name))).read_text(encoding="utf-8")
        self.lines += (mark + text.partition(mark)[2]).rstrip().splitlines()

    def fill(self, name: str, **answers: str) -> None:
        """Write behind `name:` lines."""
        fields = {field.replace("_", " "): value for field, value in answers.items()}

        def change(text: str) -> str:
            lines = text.splitlines()
            for index, line in enumerate(lines):
                field = line.partition(":")[0]
                if field in fields:
                    lines[index] = f"{field}: {fields[field]}"
            return "\n".join(lines) + "\n"

        self.write(name, change, "\n".join(f"{k}: {v}" for k, v in fields.items()))

    def take(self) -> str:
        """What was taken down since the last call, as a block."""
        lines, self.lines = self.lines, []
        return "```console\n" + "\n".join(lines) + "\n```\n"


def _maths(desk: Desk) -> None:
    name = "softmax-shift"
    desk.run("exercise", "do", name)
    desk.fill(name, answer="0.75")
    desk.run("exercise", "grade", name)
    desk.fill(name, answer="4/5")
    desk.run("exercise", "grade", name)


def _choice(desk: Desk) -> None:
    name = "kl-direction"
    desk.run("exercise", "do", name)
    desk.fill(name, answer="B", confidence="80%")
    desk.run("exercise", "grade", name)


def _coding(desk: Desk) -> None:
    name = "stable-softmax"
    exercise = bank.find(name)
    assert isinstance(exercise, Coding)
    desk.run("exercise", "do", name)
    desk.run("exercise", "hint", name)
    wrong = exercise.wrong[min(exercise.wrong)]
    for code in (wrong, exercise.others[min(exercise.others)]):
        text = to_percent(workfile.cells_of(exercise, code))
        desk.write(name, lambda _, text=text: text, code)  # type: ignore[misc]
        desk.run("exercise", "grade", name)


def _measure(desk: Desk) -> None:
    name = "how-sure-of-paris"
    desk.run("exercise", "do", name)
    desk.run("exercise", "grade", name)
    desk.fill(
        name, prediction_1="0.9", range_1="0.6 .. 0.99", prediction_2="2", range_2="1 .. 4",
        prediction_3="10", range_3="5 .. 30",
    )  # fmt: skip
    desk.run("exercise", "grade", name)


def _written(name: str) -> Callable[[Desk], None]:
    def lesson(desk: Desk) -> None:
        exercise = bank.find(name)
        assert isinstance(exercise, Written)
        answer = exercise.samples[1].text
        desk.run("exercise", "do", name)
        desk.write(name, lambda text: text + answer, answer)
        desk.run("exercise", "grade", name)
        desk.show(name, workfile.SHEET_MARK)
        desk.run("exercise", "grade", name)
        better = exercise.samples[0].text
        desk.write(
            name,
            lambda text: text.split(workfile.SHEET_MARK)[0].replace(answer, better),
            better,
        )
        desk.run("exercise", "grade", name)
        desk.run("exercise", "grade", name)

    return lesson


LESSONS: dict[str, tuple[str, Callable[[Desk], None]]] = {
    "maths": ("Maths", _maths),
    "choice": ("Multiple choice", _choice),
    "coding": ("Coding", _coding),
    "measure": ("Measure it: predict first, then the tool runs", _measure),
    "describe": ("Describe a technique", _written("describe-linear-probe")),
    "predict": ("Predict the methods", _written("predict-country-study")),
    "flaw": ("Find the flaw", _written("flaw-lens-without-norm")),
}


def sections(kinds: tuple[str, ...] = tuple(LESSONS)) -> Iterator[str]:
    """Do the lessons of these kinds in one empty folder; a section of markdown each."""
    with tempfile.TemporaryDirectory(prefix="mechmentor-") as folder:
        desk = Desk(Path(folder))
        for kind in kinds:
            title, lesson = LESSONS[kind]
            lesson(desk)
            yield f"## {title}\n\n{desk.take()}"


def write(say: Callable[[str], None] = lambda line: None) -> Path:
    """Do every lesson and write the page."""
    made = []
    for text in sections():
        say(text.splitlines()[0].removeprefix("## "))
        made.append(text)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join([_HEAD, *made]), encoding="utf-8")
    return PAGE
