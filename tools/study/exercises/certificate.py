"""What a certificate says: each check with its figure, and whether the exercise is offered."""

from pydantic import Field

from ...spec import Frozen

FORMAT = 1  # raised whenever the checks change, so that old certificates count for nothing


class Check(Frozen):
    """One requirement: what was asked, what was found."""

    name: str
    passed: bool
    found: str


class Certificate(Frozen):
    """The evidence that an exercise checks what it says.

    Attributes:
        id: The exercise.
        kind: Its kind.
        digest: Hash of the exercise file.
        format: Version of the checks.
        checks: Every requirement.
        level: How confined its code ran; empty where there was none.
        seconds: Processor time that certifying took.
    """

    id: str
    kind: str
    digest: str
    format: int = FORMAT
    checks: tuple[Check, ...] = Field(min_length=1)
    level: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every requirement is met."""
        return all(check.passed for check in self.checks)

    @property
    def reason(self) -> str:
        """The first requirement that is not met; empty when all are."""
        failed = [f"{c.name}: {c.found}" for c in self.checks if not c.passed]
        return failed[0] if failed else ""

    def __str__(self) -> str:
        """The checks as lines, one each."""
        return self._lines(figures=True)

    def to_learner(self) -> str:
        """The checks as lines; without the figures found where these are the answers."""
        return self._lines(figures=self.kind not in ("maths", "measure"))

    def _lines(self, *, figures: bool) -> str:
        lines = [f"{self.id}  {'certified' if self.passed else 'NOT certified'}"]
        for check in self.checks:
            found = check.found if figures else ""
            lines.append(f"  {'✓' if check.passed else '✗'} {check.name:<22} {found}".rstrip())
        return "\n".join(lines)
