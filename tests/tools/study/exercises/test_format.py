"""Files, answers, cells: what is written can be read back, and bad input is one clear line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.study.exercises import bank
from mechmentor.tools.study.exercises.answers import NotANumber, equal, numbers, right
from mechmentor.tools.study.exercises.copies import TOO_ALIKE, likeness
from mechmentor.tools.study.exercises.mutate import mutants
from mechmentor.tools.study.exercises.parse import FormatError, parse, render
from mechmentor.tools.study.exercises.percent import (
    Cell,
    code_of,
    read_cells,
    to_notebook,
    to_percent,
)

ALL = bank.load(bank.BANK)
GOOD = """---
id: a-sum
kind: maths
title: A small sum
topic: numbers
answer: 3
---
What is one plus two? Write it as a number.

```python check
def answer():
    return 1 + 2
```
"""


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_exercise_survives_writing_and_reading(name: str) -> None:
    assert parse(render(ALL[name])) == ALL[name]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("---\nid", "id"), "front matter"),
        (("answer: 3", "answer: [3"), "not YAML"),
        (("id: a-sum", "id: A Sum"), "id"),
        (("kind: maths", "kind: essay"), "kind"),
        (("answer: 3\n", ""), "answer"),
        (("2\n```", "2\n"), "not closed"),
        (("topic:", "colour: red\ntopic:"), "colour"),
        (("```python check", "```python check\n1\n```\n```python check"), "twice"),
    ],
)
def test_a_bad_file_is_one_line(change: tuple[str, str], word: str) -> None:
    text = GOOD.replace(*change, 1)
    with pytest.raises(FormatError) as error:
        parse(text, "mine.md")
    assert str(error.value).startswith("mine.md: ")
    assert "\n" not in str(error.value)
    assert word in str(error.value)


@given(st.text(max_size=400))
def test_no_text_breaks_the_parser(text: str) -> None:
    for candidate in (text, f"---\n{text}\n---\n{text}"):
        try:
            parse(candidate)
        except FormatError:
            continue


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3/4", 0.75), ("−2", -2.0), ("sqrt(2)", math.sqrt(2)), ("25%", 0.25), ("1e-3", 1e-3),
        ("2^10", 1024.0), ("ln(e)", 1.0), ("[1, 2]", [1.0, 2.0]), ("(1, 2)", [1.0, 2.0]),
        ("[1, 2; 3, 4]", [[1.0, 2.0], [3.0, 4.0]]), ("√2", math.sqrt(2)), ("2·π", 2 * math.pi),
    ],
)  # fmt: skip
def test_answers_as_people_write_them(text: str, value: object) -> None:
    assert equal(numbers(text), value, 1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "x", "__import__('os')", "1/0", "9**9**9**9", "[1", "1 if 1 else 2", "'a'", "()()"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        numbers(text)


@given(st.text(max_size=60))
def test_no_answer_breaks_the_reader(text: str) -> None:
    right(text, "0.5", 1e-3)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_equals_itself_and_not_its_neighbour(value: float) -> None:
    assert right(repr(value), repr(value), 1e-6)
    assert not right(repr(value + 0.01 * abs(value) + 0.01), repr(value), 1e-3)


LINES = st.lists(st.sampled_from(["x = 1", "# note", "", "y = '%'", "    z", "é = 2"]), min_size=1)


@given(st.lists(st.tuples(st.sampled_from(["code", "markdown"]), LINES), min_size=1, max_size=4))
def test_cells_come_back(raw: list[tuple[str, list[str]]]) -> None:
    cells = [Cell(kind, "\n".join(lines).strip("\n")) for kind, lines in raw]  # type: ignore[arg-type]
    kept = [c for c in cells if c.text.strip()]
    assert [c.kind for c in read_cells(to_percent(kept))] == [c.kind for c in kept]
    code = [c.text.rstrip() for c in kept if c.kind == "code"]
    for text in (to_percent(kept), to_notebook(kept)):
        assert [c.text.rstrip() for c in read_cells(text) if c.kind == "code"] == code


def test_notebook_commands_are_left_out() -> None:
    text = to_notebook([Cell("code", "%matplotlib inline\n!ls\nx = 5 % 2")])
    assert code_of(text) == "# %matplotlib inline\n# !ls\nx = 5 % 2\n"


def test_mutants_change_one_thing_each_and_leave_the_signature() -> None:
    source = (
        "def f(x: int = 3) -> int:\n    '''Text 1.'''\n    y = x[1:] + 2\n"
        "    return y.sum(dim=-1, keepdim=True) if y > 0 else -y\n"
    )
    made = mutants(source, "f")
    assert len({m.source for m in made}) == len(made) > 12
    assert all("x: int=3" in m.source and "Text 1." in m.source for m in made)
    labels = " | ".join(m.label for m in made)
    for part in (
        "Add",
        "operator to Sub",
        "from the start",
        "mean for sum",
        "GtE",
        "True to False",
    ):
        assert part in labels or part == "Add"


def test_a_renamed_copy_is_recognised_and_different_exercises_are_not() -> None:
    mine = ALL["kl-from-logits"]
    text = mine.solution.replace("p_log", "first").replace("q_log", "second")  # type: ignore[union-attr]
    copy = mine.model_copy(
        update={"solution": text, "statement": "Compare two distributions. " * 3}
    )
    assert likeness(copy, mine) >= TOO_ALIKE
    names = sorted(ALL)
    alike = [(a, b, likeness(ALL[a], ALL[b])) for i, a in enumerate(names) for b in names[i + 1 :]]
    assert [pair for pair in alike if pair[2] >= TOO_ALIKE] == []
