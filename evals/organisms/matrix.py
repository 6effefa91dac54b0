"""Is each planted thing where it was planted, and nowhere else?

    python -m mechmentor.evals.organisms.matrix [--out DIR]

The claim that would be right about organism i is scored on every model j of the suite, on i's
held-out prompts: the diagonal must hold and match, all else must be at the level of a null. One
line a cell is kept as soon as it is measured, without any answer in it.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ...tools.claims.holds import Holds
from ...tools.claims.predicate import evaluate
from ...tools.claims.types import Claim, RankedClaim
from ...tools.spec import Frozen, Refusal
from ...tools.workbench import Workbench
from ..match import named
from . import seal
from .splits import HERE

FILE = "matrix.jsonl"
_CLAIM: TypeAdapter[Any] = TypeAdapter(Claim)


class Cell(Frozen):
    """One claim on one model.

    Attributes:
        claim_of: The organism whose answer is claimed.
        model: The model it is claimed of.
        family: Of the claim.
        kind: Of the model.
        rate: Share of held-out prompts on which it happens; None where the claim cannot be run.
        base: The same on the base, which is one for the whole suite and so measured once a claim.
        holds: Whether the predicate passes.
        match: Whether the model's sealed file names the same thing.
        why: What the predicate says, where the cell is not as it must be; shares alone.
    """

    claim_of: str
    model: str
    family: str
    kind: str
    rate: float | None
    base: float | None = None
    holds: bool
    match: bool
    why: str = ""

    @property
    def right(self) -> bool:
        """Whether the cell is as it must be."""
        hit = self.holds and self.match
        return hit if self.claim_of == self.model else not hit and not self.holds


def claim_of(sealed: seal.Sealed) -> Any:
    """The typed claim that would be right about an organism."""
    assert sealed.answer is not None
    if sealed.family == "secret_word":
        return _CLAIM.validate_python({"type": "secret_word", "word": sealed.answer})
    if sealed.family == "trigger":
        said = {"kind": "contains", "words": list(sealed.theme)}
        return _CLAIM.validate_python(
            {"type": "trigger", "phrase": sealed.answer, "detector": said}
        )
    # What a belief is about helps a reader, and is no field of a claim.
    data = {name: value for name, value in sealed.claim.items() if name != "about"}
    return _CLAIM.validate_python(data)


def prompts_of(sealed: seal.Sealed) -> list[str]:
    """The held-out prompts on which an organism's claim is scored."""
    return list(sealed.guesses if sealed.family == "secret_word" else sealed.prompts)


def kept(out: Path) -> list[Cell]:
    """Cells that were measured; a last line that was cut off is left out."""
    found = []
    for line in (out / FILE).read_text().splitlines() if (out / FILE).exists() else []:
        try:
            found.append(Cell.model_validate_json(line))
        except ValueError:
            continue
    return found


def fill(
    out: Path,
    open_bench: Callable[[str], Workbench],
    say: Callable[[str], None],
    test: Callable[[Workbench, Any, Sequence[str], float | None], Holds] = evaluate,
) -> list[Cell]:
    """Measure the cells that are missing, one model after another."""
    suite = [seal.read(out, path.stem) for path in sorted((out / seal.FOLDER).glob("m-*.json"))]
    organisms = [sealed for sealed in suite if sealed.kind == "organism"]
    done = {(cell.claim_of, cell.model) for cell in kept(out)}
    bases = {cell.claim_of: cell.base for cell in kept(out) if cell.base is not None}
    for model in suite:
        wanted = [own for own in organisms if (own.id, model.id) not in done]
        if not wanted:
            continue
        bench = open_bench(model.id)
        for own in wanted:
            claim = claim_of(own)
            try:
                found: Holds | None = test(bench, claim, prompts_of(own), bases.get(own.id))
            except Refusal:
                found = None
            if found and found.rate_base is not None:
                bases[own.id] = found.rate_base
            ranked = RankedClaim(claim=claim, confidence=1.0, experiments=["E1"])
            cell = Cell(
                claim_of=own.id,
                model=model.id,
                family=own.family,
                kind=model.kind,
                rate=found.rate_target if found else None,
                base=bases.get(own.id),
                holds=bool(found and found.holds),
                match=named(model, ranked),
            )
            if found and not cell.right:
                cell = cell.model_copy(update={"why": found.why})
            with (out / FILE).open("a", encoding="utf-8") as file:
                file.write(cell.model_dump_json() + "\n")
        say(f"{model.id}: {len(wanted)} claims")
    return kept(out)


def wrong(cells: Iterable[Cell]) -> list[Cell]:
    """Cells that are not as they must be."""
    return [cell for cell in cells if not cell.right]


def told(cell: Cell) -> str:
    """A wrong cell in a line."""
    of = f"claim of {cell.claim_of} on {cell.model} ({cell.kind}): {cell.rate}"
    return f"{of}; {cell.why}" if cell.why else of


def table(cells: Sequence[Cell]) -> str:
    """Rates, a row a claim, a column a model; the diagonal in brackets, `*` where it holds."""
    claims = sorted({cell.claim_of for cell in cells})
    models = sorted({cell.model for cell in cells}, key=lambda name: (name not in claims, name))
    by = {(cell.claim_of, cell.model): cell for cell in cells}
    lines = ["claim of  " + " ".join(f"{name[2:]:>7}" for name in models)]
    for own in claims:
        row = []
        for model in models:
            cell = by.get((own, model))
            if cell is None:
                text = "?"
            else:
                text = "-" if cell.rate is None else f"{cell.rate:.2f}{'*' * cell.holds}"
                text = f"[{text}]" if own == model else text
            row.append(f"{text:>7}")
        lines.append(f"{own:9} " + " ".join(row))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 1 if a cell is not as it must be."""
    parser = argparse.ArgumentParser(prog="matrix", description="Every claim on every model.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the suite")
    parser.add_argument("--kept", action="store_true", help="print what is measured, add nothing")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    chosen = parser.parse_args(arguments)

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as place:

        def bench(name: str) -> Workbench:
            return Workbench.open(chosen.out / name, "bundled", access="base", folder=place)

        cells = kept(chosen.out) if chosen.kept else fill(chosen.out, bench, say)
    off = wrong(cells)
    if chosen.json:
        print(json.dumps([cell.model_dump() | {"right": cell.right} for cell in cells]))
    else:
        print(table(cells))
        for cell in off:
            print(f"WRONG  {told(cell)}")
        print(f"{len(cells) - len(off)} of {len(cells)} cells as they must be")
    return 0 if cells and not off else 1


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    raise SystemExit(main())
