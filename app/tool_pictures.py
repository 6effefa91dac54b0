"""What each tool's example shows, drawn from a real run: the pictures of its page."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from ..tools import catalog
from ..tools.runner import ResultCache, keep, run_tool
from ..tools.spec import Failure
from ..tools.view import view_svg
from ..tools.workbench import Workbench
from .cases import organism_case
from .config import cache_folder, runs_folder
from .tool_pages import PICTURES, SAID

# What tools that compare two models are shown on: a null, so that no picture tells an answer.
NULL = "m-a2f2ef"


class ExampleFailed(Exception):
    """An example did not run; the message says which and why."""


def drawable() -> list[str]:
    """Tools that act on a model."""
    return [name for name in catalog.CATALOG if catalog.load(name).need is Workbench]


def draw(
    names: Iterable[str] | None = None, say: Callable[[str], None] | None = None
) -> list[Path]:
    """Run examples and write `NAME.svg` and what was said; goes on where it stopped.

    Args:
        names: Tools; those without a picture if None.
        say: Called before each example.

    Raises:
        ExampleFailed: If an example ends as a failure.
    """
    wanted = list(names or [n for n in drawable() if not (PICTURES / f"{n}.svg").exists()])
    PICTURES.mkdir(parents=True, exist_ok=True)
    benches: dict[bool, Workbench] = {}
    cache = ResultCache(cache_folder() / "results")
    made = []
    for name in wanted:
        tool = catalog.load(name)
        if say:
            say(name)
        paired = tool.access == "base"
        if paired not in benches:
            benches[paired] = _bench(paired)
        outcome = run_tool(name, tool.example, bench=benches[paired], cache=cache)
        keep(outcome, name, benches[paired], cache)
        if isinstance(outcome.value, Failure):
            raise ExampleFailed(f"{name}: {outcome.value}")
        said = json.loads(SAID.read_text(encoding="utf-8")) if SAID.exists() else {}
        said[name] = outcome.value.summary
        SAID.write_text(
            json.dumps(dict(sorted(said.items())), indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
        if outcome.value.view is not None:
            path = PICTURES / f"{name}.svg"
            path.write_text(view_svg(outcome.value.view) + "\n", encoding="utf-8")
            made.append(path)
    return made


def _bench(paired: bool) -> Workbench:
    folder = runs_folder() / "bench"
    if not paired:
        return Workbench.open("bundled", folder=folder)
    case = organism_case(NULL)
    return Workbench.open(case.target, case.base, access="base", folder=folder)


def tell(name: str) -> None:
    """A line of progress."""
    print(name, file=sys.stderr, flush=True)
