"""What an illusion is: a number that convinces, and the number that takes it back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Illusion:
    """A false result with its control, as measured.

    Attributes:
        id: Its name.
        claim: What somebody would write who stopped too early.
        seen: The number behind the claim, and `seen_as` what it is.
        control: The number that kills the claim, and `control_as` what it is.
        rule: Where the two marks come from. They are conventions that hold for any model (half,
            chance, twice the allowed rate), never figures set beside a measured one.
        appears: Whether the number is large enough to convince.
        dies: Whether the control takes it back.
    """

    id: str
    claim: str
    seen: float
    seen_as: str
    control: float
    control_as: str
    rule: str
    appears: bool
    dies: bool

    def __str__(self) -> str:
        """Three lines: the claim, its number with the control's, the rule."""
        return (
            f"{self.id}: {self.claim}\n    {self.seen_as}: {self.seen:.4g}; "
            f"{self.control_as}: {self.control:.4g} "
            f"({'the claim dies' if self.dies else 'the claim SURVIVES'})\n    rule: {self.rule}"
        )
