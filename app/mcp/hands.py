"""One workbench for a whole session: one tool at a time, with progress, stopped on request."""

import threading
from collections.abc import Callable
from typing import Any

from ...tools.ledger import Ledger, Seen
from ...tools.models import ModelError
from ...tools.runner import Outcome, run_tool, validate
from ...tools.spec import Cost, Failure, Refusal
from ...tools.study.contexts.library import Library
from ...tools.workbench import Progress, Workbench


class Stopped(BaseException):
    """The caller has taken its request back. Not an Exception: no tool may swallow it."""


class Hands:
    """Runs tools on models that are loaded at the first call that needs them.

    Hooks and handles belong to one call at a time, so calls wait for each other.
    """

    def __init__(self, open_bench: Callable[[], Workbench], library: Library) -> None:
        self._open = open_bench
        self._library = library
        self._bench: Workbench | None = None
        self._one = threading.Lock()
        self._stop = threading.Event()
        self.ledger = Ledger()

    def call(
        self, name: str, arguments: dict[str, Any], progress: Progress, stop: threading.Event
    ) -> Outcome:
        """Run one tool; its data then stands in the session's ledger.

        Args:
            name: A tool of the catalogue.
            arguments: As the caller sent them.
            progress: Told by slow tools.
            stop: Once set, the call ends before its next forward pass.

        Raises:
            Stopped: When `stop` was set before the tool was done.
        """
        with self._one:
            self._stop = stop
            self._check()
            try:
                tool, _ = validate(name, arguments)  # before a model is loaded for wrong ones
                bench = self._bench_for(progress) if tool.need is Workbench else None
            except Refusal as refusal:
                return Outcome(refusal.failure, arguments, Cost())
            outcome = run_tool(
                name, arguments, bench=bench, ledger=self.ledger, library=self._library
            )
            number = self.ledger.number + 1
            data = None if isinstance(outcome.value, Failure) else outcome.value.data
            self.ledger.add(
                Seen(number, name, outcome.arguments, data and data.model_dump(mode="json"))
            )
            return outcome

    def _bench_for(self, progress: Progress) -> Workbench:
        def told(done: int, total: int, what: str) -> None:
            self._check()
            progress(done, total, what)

        if self._bench is None:
            progress(0, 1, "loading the model")
            try:
                self._bench = self._open()
            except ModelError as error:
                raise Refusal("model_limit", str(error)) from None
            self._bench.target.counters.append(self._check)
            if self._bench.has_base:
                self._bench.base.counters.append(self._check)
        self._bench.progress = told
        self._bench.experiment = self.ledger.number + 1
        return self._bench

    def _check(self, _: int = 0) -> None:
        if self._stop.is_set():
            raise Stopped
