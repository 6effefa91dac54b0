"""Run one tool: validate, check access, measure, cache, turn refusals into values."""

import hashlib
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from . import calibration, catalog
from .instruments.instrument import Instrument
from .ledger import Ledger
from .spec import (
    ACCESS_ORDER,
    Args,
    Chat,
    Code,
    Cost,
    Failure,
    Refusal,
    Result,
    Tool,
    WhiteBox,
    canonical,
)

if TYPE_CHECKING:  # the learner's tools run without torch, which a workbench needs
    from .study.contexts.library import Library
    from .workbench import Workbench
else:
    Library = Workbench = Any

DIGITS = 6


@dataclass(frozen=True)
class Outcome:
    """What a call came to.

    Attributes:
        value: The result, or the failure.
        arguments: Canonical arguments (defaults filled in) where they were valid, else as given.
        cost: Calls, tokens, seconds.
    """

    value: Result[Any] | Failure
    arguments: dict[str, Any]
    cost: Cost


class ResultCache:
    """Results on disk under a hash of all that they depend on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, tool: Tool, args: Args, bench: "Workbench") -> str:
        """sha256 over tool, version, arguments, model hashes, seed, dtype, device, threads."""
        parts = [tool.name, tool.version, canonical(args), bench.fingerprint()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def get(self, key: str) -> dict[str, Any] | None:
        """The kept result, or None (also for a file that is torn)."""
        try:
            found = json.loads((self.folder / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, result: dict[str, Any]) -> None:
        """Keep a result; the rename is atomic."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{key}.{os.getpid()}"
        temporary.write_text(json.dumps(result))
        temporary.replace(self.folder / f"{key}.json")


def validate(name: str, arguments: dict[str, Any] | str) -> tuple[Tool, Args]:
    """Find a tool and check its arguments.

    Raises:
        Refusal: `bad_args`, with each field that is wrong and a correct example.
    """
    try:
        tool = catalog.load(name)
    except KeyError as error:
        raise Refusal("bad_args", str(error.args[0]), "the catalogue lists the tools") from None
    try:
        if isinstance(arguments, str):
            return tool, tool.args.model_validate_json(arguments or "{}")
        return tool, tool.args.model_validate(arguments)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}"
            for e in error.errors(include_url=False)
        )
        raise Refusal("bad_args", wrong, f"correct: {name} {_example(tool)}") from None


def run_tool(
    name: str,
    arguments: dict[str, Any] | str,
    *,
    bench: "Workbench | None",
    ledger: Ledger | None = None,
    library: "Library | None" = None,
    cache: ResultCache | None = None,
    chat: Chat | None = None,
) -> Outcome:
    """Run a tool once.

    Args:
        name: A tool of the catalogue.
        arguments: Arguments, or their JSON text as a language model sent it.
        bench: The workbench that tools act on.
        ledger: The run's hypotheses and claims.
        library: The learner's contexts.
        cache: Where equal calls are looked up; None computes always.
        chat: The language model of tools that measure with one; they do without if it is None.

    Returns:
        The outcome; mendable errors are `Failure` values in it.
    """
    given = arguments if isinstance(arguments, dict) else {"raw": arguments}
    started, tokens = time.perf_counter(), bench.meter.tokens if bench else 0

    def cost() -> Cost:
        spent = bench.meter.tokens - tokens if bench else 0
        return Cost(tokens=spent, seconds=time.perf_counter() - started)

    try:
        tool, args = validate(name, arguments)
        given = json.loads(canonical(args))
        given_needs = (bench, ledger, library, Instrument(chat))
        need: Any = next((x for x in given_needs if isinstance(x, tool.need)), None)
        if need is None:
            raise Refusal(
                "model_limit",
                f"{name} needs a {tool.need.__name__}, there is none here",
                "use a tool that is listed here",
            )
        if bench is not None and ACCESS_ORDER[tool.access] > ACCESS_ORDER[bench.access]:
            code: Code = "no_base" if tool.access == "base" else "no_access"
            raise Refusal(
                code,
                f"{name} needs access {tool.access!r}, this case has {bench.access!r}",
                f"use a tool that needs {bench.access!r} at most",
            )
        key = cache.key(tool, args, bench) if cache and bench and need is bench else None
        kept = cache.get(key) if cache and key else None
        if kept is not None and bench is not None:
            kept_cost = Cost(**kept["cost"])
            bench.meter.add(kept_cost.tokens)
            value = result_type(tool).model_validate(
                {**kept, "cached": True, "cost": {**kept["cost"], "seconds": cost().seconds}}
            )
            return Outcome(value, given, value.cost)
        if bench is not None:
            bench.parts = cache
        result = tool(need, args)
        # Dollars are known to the tool alone: only one that asks a language model spends any.
        spent = cost().model_copy(update={"dollars": result.cost.dollars})
        warnings = result.warnings + _known(tool, result)
        result = result.model_copy(update={"cost": spent, "warnings": warnings})
        _finite(result.model_dump(mode="json"))
        return Outcome(result, given, result.cost)
    except Refusal as refusal:
        failure = refusal.failure
        if failure.code == "bad_args" and not failure.hint:
            hint = f"correct: {name} {_example(catalog.load(name))}"
            failure = failure.model_copy(update={"hint": hint})
        return Outcome(failure, given, cost())


def _known(tool: Tool, result: Result[Any]) -> list[str]:
    """How often this tool's verdict appears, where it was counted and is given."""
    row = calibration.counts(tool.name, tool.version)
    given = result.control is not None and result.control.beyond
    return [str(row)] if row and given else []


def keep(outcome: Outcome, name: str, bench: "Workbench", cache: ResultCache) -> None:
    """Write a finished outcome to the cache; results with handles are made again instead."""
    value = outcome.value
    if isinstance(value, Failure) or value.cached or value.handles:
        return
    tool, args = validate(name, outcome.arguments)
    if isinstance(bench, tool.need):
        cache.put(cache.key(tool, args, bench), value.model_dump(mode="json"))


def result_type(tool: Tool) -> Any:
    """The concrete result class of a tool: a parametrised model, no subclass of `Result[Any]`."""
    kind: Any = WhiteBox if tool.white_box else Result
    return kind[tool.data]


def rounded(value: Any, digits: int = DIGITS) -> Any:
    """Floats at `digits` significant digits, as they stand on the tape."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {k: rounded(v, digits) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v, digits) for v in value]
    return value


def _finite(value: Any, where: str = "result") -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal("numerical", f"{where} is {value}", "try dtype float32 or other arguments")
    if isinstance(value, dict):
        for key, item in value.items():
            _finite(item, f"{where}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _finite(item, f"{where}[{index}]")


def _example(tool: Tool) -> str:
    return tool.args(**tool.example).model_dump_json(exclude_none=True)[:300]
