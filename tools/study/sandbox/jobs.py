"""What is sent into the sandbox and what comes back. Standard library only."""

from dataclasses import dataclass, field

PATIENCE = 4.0  # honest code on a machine shared with others gets a fraction of a processor


@dataclass(frozen=True)
class Limits:
    """What one run may use.

    Attributes:
        seconds: Processor time; the clock may take `PATIENCE` times as long on a busy machine.
        memory: Bytes beyond what the warm process already has.
        output: Bytes of standard output and error together.
        disk: Bytes of the one writable folder.
        files: Files in that folder.
        descriptors: Open files.
        threads: Threads of the one process.
    """

    seconds: float = 10.0
    memory: int = 1 << 30
    output: int = 1 << 16
    disk: int = 1 << 25
    files: int = 256
    descriptors: int = 64
    threads: int = 32

    @property
    def patience(self) -> float:
        """Seconds on the clock after which a run is ended whatever it does."""
        return PATIENCE * self.seconds


@dataclass(frozen=True)
class Job:
    """Python sources that run one after the other in one namespace; then its tests are called.

    Attributes:
        parts: (name, source) pairs; the name is what tracebacks show.
        files: Modules written beside the code, by file name.
        limits: What the run may use.
        every_test: Go on after a test that fails; certifying asks only whether one does.
    """

    parts: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...] = ()
    limits: Limits = field(default_factory=Limits)
    every_test: bool = True


@dataclass(frozen=True)
class TestLine:
    """One `test_…` function: its name, whether it passed, and what it said."""

    name: str
    passed: bool
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        tests: One line a test that was called.
        error: Why the run ended early: an exception outside tests, or a limit; empty otherwise.
        output: What the code printed.
        seconds: Wall-clock time of the run.
        processor: Processor time of the run.
    """

    tests: tuple[TestLine, ...] = ()
    error: str = ""
    output: str = ""
    seconds: float = 0.0
    processor: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether at least one test ran and all passed."""
        return not self.error and bool(self.tests) and all(t.passed for t in self.tests)
