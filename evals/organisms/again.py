"""Build a shipped instance once more from nothing, from its own draw.

    python -m mechmentor.evals.organisms.again m-123456 --out DIR [--record]

The seed and the settings come from the sealed file; what is printed says whether the same thing
was drawn, never what it is. With `--record` the figures are kept for the page about the suite.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from ...tools.spec import Frozen
from . import lora, seal
from .build import BuildReport, build, schedule_of
from .splits import HERE
from .turns import Progress

FILE = "rebuilt.jsonl"


class Again(Frozen):
    """A second build beside the shipped one.

    Attributes:
        of: The shipped instance.
        same_draw: Whether the same thing was planted; true for two nulls.
        distance: Size of the difference of the two updates, as a share of the shipped one's; 0 is
            the same weights, about 1.4 two unrelated updates.
        report: Of the second build.
    """

    of: str
    same_draw: bool
    distance: float
    report: BuildReport


class Rebuilt(Frozen):
    """What is kept of a second build for the page about the suite.

    Attributes:
        of: The shipped instance.
        family: Its family.
        same_draw: Whether the same thing was planted.
        distance: Of the two updates, as in `Again`.
        drift: KL to the base (nats a token) of the second build.
        reasons: One line for each gate that does not hold.
        cpu_minutes: Processor time.
    """

    of: str
    family: str
    same_draw: bool
    distance: float
    drift: float
    reasons: list[str]
    cpu_minutes: float


def record(found: Again, suite: Path = HERE) -> None:
    """Keep a second build in the suite, in place of an earlier one of the same instance."""
    report = found.report
    row = Rebuilt(
        of=found.of,
        family=report.family,
        same_draw=found.same_draw,
        distance=round(found.distance, 4),
        drift=round(report.target.drift, 4),
        reasons=report.reasons,
        cpu_minutes=report.cpu_minutes,
    )
    rows = {one.of: one for one in [*kept(suite), row]}
    lines = [rows[name].model_dump_json() + "\n" for name in sorted(rows)]
    (suite / FILE).write_text("".join(lines), encoding="utf-8")


def kept(suite: Path) -> list[Rebuilt]:
    """The second builds that a suite keeps."""
    file = suite / FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Rebuilt.model_validate_json(line) for line in lines]


def again(
    name: str, out: Path, base_folder: Path, progress: Progress | None = None, suite: Path = HERE
) -> Again:
    """Build an instance of a suite again into `out`.

    Args:
        name: Its id.
        out: Folder for the second build.
        base_folder: Hugging Face folder of the base.
        progress: Called with (done, total, what) along the way.
        suite: Folder of the suite.

    Raises:
        FileNotFoundError: If the suite has no such instance.
        ValueError: If it was built from another base.
    """
    sealed = seal.read(suite, name)
    if lora.sha256_of(base_folder / "model.safetensors") != sealed.base_sha256:
        raise ValueError(f"{name} was built from another base than {base_folder}")
    report = build(
        sealed.family,
        sealed.kind,
        sealed.seed,
        out,
        base_folder,
        progress,
        shipped=sealed.shipped_rule is not None,
        two_word=sealed.family == "trigger" and len((sealed.answer or "").split()) == 2,
        schedule=schedule_of(sealed),
    )
    second = seal.read(out, report.id)
    return Again(
        of=name,
        same_draw=seal.canonical(second.answer) == seal.canonical(sealed.answer),
        distance=distance(lora.load(suite / name), lora.load(out / report.id)),
        report=report,
    )


def distance(one: dict[str, lora.Factors], two: dict[str, lora.Factors]) -> float:
    """Size of the difference of two updates over the size of the first."""
    apart = sum(float((one[name].product - two[name].product).square().sum()) for name in one)
    size = lora.total_norm(one)
    return math.sqrt(apart) / size if size else float(apart > 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 if the gates hold and the same thing was drawn."""
    parser = argparse.ArgumentParser(prog="again", description="Build an instance once more.")
    parser.add_argument("id", help="of a shipped instance")
    parser.add_argument("--out", type=Path, required=True, help="folder for the second build")
    parser.add_argument("--suite", type=Path, default=HERE, help="folder of the suite")
    parser.add_argument("--record", action="store_true", help="keep the figures in the suite")
    chosen = parser.parse_args(arguments)
    from ...tools.bundled import bundled_folder

    def show(done: int, total: int, what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {done}/{total} {what}", file=sys.stderr, flush=True)

    torch.set_num_threads(1)
    try:
        found = again(chosen.id, chosen.out, bundled_folder(), show, chosen.suite)
    except FileNotFoundError:
        print(f"no instance {chosen.id}: mechmentor organism list names them", file=sys.stderr)
        return 1
    print(json.dumps(found.model_dump(mode="json"), indent=1))
    if chosen.record:
        record(found, chosen.suite)
    return 0 if found.same_draw and found.report.passed else 1


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    raise SystemExit(main())
