"""What an exercise is, kind by kind. Made from a markdown file by `parse`."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ...spec import Frozen

Kind = Literal["maths", "choice", "coding", "measure", "describe", "predict", "flaw"]
KINDS: tuple[Kind, ...] = (
    "maths", "choice", "coding", "measure", "describe", "predict", "flaw",
)  # fmt: skip


class _Exercise(Frozen):
    """What all kinds share.

    Attributes:
        id: Lower case with hyphens, unique in the bank; also the file's name.
        title: A few words.
        topic: Group in lists: transformer, patching, linear algebra, …
        minutes: How long a learner may need.
        hints: From gentle to nearly the answer.
        sources: Where to read on.
        statement: The task, in markdown.
        explanation: Shown after grading.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=3, max_length=90)
    topic: str = Field(min_length=3, max_length=40)
    minutes: int = Field(10, ge=1, le=180)
    hints: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    statement: str = Field(min_length=20)
    explanation: str = ""


class Maths(_Exercise):
    """A number, vector or matrix to work out.

    Attributes:
        answer: The right answer, as a learner would write it.
        tolerance: Greatest relative difference that counts as right; 0 asks for the exact value.
        also: Other ways to write the right answer.
        wrong: Answers that a misconception gives, each with what went wrong.
        check: Python that defines `answer()`: the same answer, computed another way.
    """

    kind: Literal["maths"]
    answer: str
    tolerance: float = Field(1e-3, ge=0, le=0.2)
    also: tuple[str, ...] = ()
    wrong: dict[str, str] = Field(default_factory=dict)
    check: str


class Option(Frozen):
    """One option of a multiple choice; `why` says what is wrong with it, or why it is right."""

    text: str
    correct: bool = False
    why: str


class Choice(_Exercise):
    """Multiple choice with one right option."""

    kind: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=3, max_length=5)

    @model_validator(mode="after")
    def _one_right(self) -> "Choice":
        if sum(o.correct for o in self.options) != 1:
            raise ValueError("exactly one option must say `correct: true`")
        if len({o.text.strip().lower() for o in self.options}) < len(self.options):
            raise ValueError("two options say the same")
        return self

    @property
    def right(self) -> int:
        """Index of the right option."""
        return next(i for i, option in enumerate(self.options) if option.correct)


class Compared(Frozen):
    """A tool's result that hand-written code must meet.

    Attributes:
        tool: Its name.
        arguments: What it is called with.
        figures: Path in the result → the number as the tests have it.
        within: Greatest difference between the two.
    """

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    figures: dict[str, float] = Field(min_length=1)
    within: float = Field(1e-3, gt=0)


class Coding(_Exercise):
    """A function to write, with the tests that check it and what proves the tests.

    Attributes:
        function: The function whose output is compared; its body is blanked.
        blanks: Further functions or classes whose bodies are blanked.
        given: Code that the learner has, imports included.
        solution: The reference, signature and docstring included.
        tests: Functions `test_…`; they see `given` and the learner's functions, never `solution`.
        generate: Defines `generate(seed)`: arguments of `function`, for the equivalence check.
        others: Independently written right solutions by name.
        wrong: Misconceptions by name, each a full replacement of the solution.
        equivalents: Mutants that can't be told from the reference: label → why.
        files: Names of files in the bank's `given` folder that the code may import.
        model: `bundled` when the code reads the bundled model's weights in `MODEL_FOLDER`, or
            the shipped SAE's in `SAE_FOLDER`.
        compares: The tool whose result the learner's own code must meet.
    """

    kind: Literal["coding"]
    function: str = Field(pattern=r"^[A-Za-z_]\w*$")
    blanks: tuple[str, ...] = ()
    given: str = ""
    solution: str
    tests: str
    generate: str = ""
    others: dict[str, str] = Field(default_factory=dict)
    wrong: dict[str, str] = Field(default_factory=dict)
    equivalents: dict[str, str] = Field(default_factory=dict)
    files: tuple[str, ...] = ()
    model: Literal["none", "bundled"] = "none"
    compares: Compared | None = None
    seconds: float = Field(10.0, ge=1, le=60)


class Ask(Frozen):
    """One number that is predicted before a tool measures it.

    Attributes:
        question: What will be measured, with unit.
        field: Path in the result's data, such as `positions.0.best_effect`.
        scale: What error counts as wholly wrong (score 0).
        measured: What the certificate run measured.
    """

    question: str
    field: str
    scale: float = Field(gt=0)
    measured: float


class Measure(_Exercise):
    """Predict first, then the real tool runs on the bundled model."""

    kind: Literal["measure"]
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    asks: tuple[Ask, ...] = Field(min_length=1, max_length=5)


class Point(Frozen):
    """Something that a text should say, or a mistake that it should not make.

    Attributes:
        text: The point in one sentence, as shown on the self-grading sheet.
        any: Regular expressions without regard to case; one match in one sentence finds the point.
    """

    text: str
    any: tuple[str, ...] = Field(min_length=1)

    @field_validator("any")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return patterns


class Sample(Frozen):
    """A text with what it is known to say: the keys of its points and mistakes."""

    text: str
    has: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


class Shown(Frozen):
    """The computed illusion that a find-the-flaw exercise tells of, with its two figures.

    Attributes:
        name: Its name in the bank of illusions.
        seen: The number that convinces, as the statement has it.
        control: The number that takes it back, as the explanation has it.
    """

    name: str
    seen: float
    control: float


class Written(_Exercise):
    """An answer in words, graded by points.

    `describe`: a technique. `predict`: methods foreseen from an introduction; the explanation is
    the reveal. `flaw`: what is wrong with a result, and which control would show it.

    Attributes:
        points: What a full answer says, by key.
        mistakes: What it must not say, by key.
        samples: At least six texts of known quality.
        illusion: Where a flaw's figures come from.
    """

    kind: Literal["describe", "predict", "flaw"]
    points: dict[str, Point] = Field(min_length=2)
    mistakes: dict[str, Point] = Field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    illusion: Shown | None = None

    @model_validator(mode="after")
    def _keys_exist(self) -> "Written":
        for sample in self.samples:
            odd = {*sample.has} - {*self.points} | {*sample.mistakes} - {*self.mistakes}
            if odd:
                raise ValueError(f"a sample names unknown points: {', '.join(sorted(odd))}")
        return self


Exercise = Annotated[
    Maths | Choice | Coding | Measure | Written, Field(discriminator="kind")
]  # fmt: skip
