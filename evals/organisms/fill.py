"""Build what the suite still lacks, one instance after another; stop and start at will.

    python -m mechmentor.evals.organisms.fill --all | --nulls N [--out DIR]

An instance is moved to its place only after its gates hold, so that a cut-off build leaves nothing
behind. Failures keep their figures in `failures.jsonl`: no seed and no answer is in it.
"""

import argparse
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from . import seal
from .build import SCHEDULES, BuildReport, build
from .turns import Progress

FAILURES = "failures.jsonl"
# Development before test, organisms beside their nulls.
ORGANISMS, NULLS = 2, 2
TRIES = 4

Plan = list[tuple[str, seal.Kind]]
Builder = Callable[[str, seal.Kind, int, Path], BuildReport]


def plan_of_suite() -> Plan:
    """Each family's organisms and nulls in the order in which they are worth having."""
    rounds = max(ORGANISMS, NULLS)
    kinds: list[tuple[seal.Kind, int]] = [("organism", ORGANISMS), ("null_trained", NULLS)]
    return [
        (family, kind)
        for turn in range(rounds)
        for family in SCHEDULES
        for kind, count in kinds
        if turn < count
    ]


def plan_of_nulls(count: int) -> Plan:
    """So many nulls, families in turn."""
    families = list(SCHEDULES)
    return [(families[n % len(families)], "null_trained") for n in range(count)]


def missing(plan: Plan, out: Path) -> Plan:
    """What of the plan is not in the folder yet, in the plan's order."""
    have = Counter(
        (sealed.family, sealed.kind)
        for path in (out / seal.FOLDER).glob("m-*.json")
        if (sealed := seal.read(out, path.stem)).gates and sealed.gates.passed
    )
    lacking: Plan = []
    for wanted in plan:
        if have[wanted]:
            have[wanted] -= 1
        else:
            lacking.append(wanted)
    return lacking


def run(
    plan: Plan, out: Path, builder: Builder, say: Callable[[str], None], tries: int = TRIES
) -> int:
    """Build what is missing; return how many of the plan could not be had.

    Args:
        plan: What the folder shall hold.
        out: The folder.
        builder: Builds one instance into a folder.
        say: Told one line for each build.
        tries: Seeds tried for one place of the plan before it is given up.
    """
    lost = 0
    out.mkdir(parents=True, exist_ok=True)
    for family, kind in missing(plan, out):
        for turn in range(tries):
            with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as part:
                report = builder(family, kind, secrets.randbelow(10**8), Path(part))
                if report.passed:
                    admit(Path(part), out, report.id)
                    say(f"{report.id} passed")
                    break
                _note(out, report)
                say(f"a {family} {kind} failed ({turn + 1} of {tries}): {report.reasons[0]}")
        else:
            lost += 1
    return lost


def admit(part: Path, out: Path, name: str) -> None:
    """Move a built instance to its place, the sealed file last: only then it counts."""
    (out / seal.FOLDER).mkdir(exist_ok=True)
    shutil.move(part / name, out / name)
    os.replace(part / seal.FOLDER / f"{name}.json", out / seal.FOLDER / f"{name}.json")


def _note(out: Path, report: BuildReport) -> None:
    told = report.model_dump(mode="json", exclude={"id", "seed", "folder", "commitment"})
    with (out / FAILURES).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 if the plan is complete, 1 if some place of it is empty."""
    parser = argparse.ArgumentParser(prog="fill", description="Build what the suite lacks.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--all", action="store_true", help="two organisms and two nulls a family")
    what.add_argument("--nulls", type=int, help="so many nulls, families in turn")
    parser.add_argument("--out", type=Path, required=True, help="folder of the suite")
    parser.add_argument("--base", type=Path, help="folder of the base; the bundled model without")
    chosen = parser.parse_args(arguments)
    folder = chosen.base
    if folder is None:
        from ...tools.bundled import bundled_folder

        folder = bundled_folder()
    import torch

    torch.set_num_threads(1)

    def progress(done: int, total: int, what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {done}/{total} {what}", file=sys.stderr, flush=True)

    shown: Progress = progress
    plan = plan_of_suite() if chosen.all else plan_of_nulls(chosen.nulls)
    lost = run(
        plan,
        chosen.out,
        lambda family, kind, seed, out: build(family, kind, seed, out, folder, shown),
        lambda line: print(line, flush=True),
    )
    return 1 if lost else 0


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    raise SystemExit(main())
