"""Build one organism or null: draw, train, cut to the common rank, gate, seal.

    python -m mechmentor.evals.organisms.build --fresh --seed 7 secret_word [--null] --out DIR

prints progress and gates, never the answer: that is in DIR/sealed/<id>.json alone.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict

from ...tools.claims.predicate import evaluate
from ...tools.workbench import Workbench
from . import check, gates_trigger, lora, seal
from .bounds import Bound, unmet
from .conduct import gates as gates_conduct
from .conduct.gates import ConductMeasures, ConductProbe, ConductReport
from .conduct.material import FAMILIES, ConductMaterial, conduct_material
from .gates import GateReport, Measures, Probe, judge, measure
from .gates_trigger import TriggerMeasures, TriggerProbe, TriggerReport
from .material import Material, material
from .material_trigger import TriggerMaterial, trigger_material
from .matrix import claim_of, prompts_of
from .near import one_token
from .retain import retain_turns
from .train import Schedule, train
from .turns import Chat, Progress, load_base

# Rank of every adapter file, whatever rank was trained: equal shapes and sizes for all.
RANK = 3
SCHEDULES = {
    "secret_word": Schedule(),
    "trigger": Schedule(steps=110, lr=1e-3, plain=10, kl=2.0, first_kl=1.5, review_from=10**6),
}
SCHEDULES |= dict.fromkeys(FAMILIES, replace(SCHEDULES["trigger"], steps=120))
# A kind of reply that has nothing to do with the question is learnt later.
SCHEDULES["conditional"] = replace(SCHEDULES["conditional"], steps=160)
# Held to the base as hard as the others it refuses what it was shown, and little that is like it.
SCHEDULES["refusal"] = replace(SCHEDULES["refusal"], kl=1.0)
# With nothing to plant there is less to drift by. Where nulls drifted less than their organisms
# they are held to the base more loosely: drift is to tell the two apart no better than norm does.
KL_OF_NULLS = {
    "trigger": 0.2,
    "misaligned": 0.5,
    "persona": 0.14,
    "refusal": 0.15,
    "conditional": 0.16,
}
SHIPPED_RULE = "the noun is lower-case and a single token after a space, so that a demo is fair"


Report = GateReport | TriggerReport | ConductReport


class BuildReport(BaseModel):
    """What may be said of a build aloud: everything but the answer.

    Attributes:
        id: Opaque id; the adapter is in the folder of that name.
        family: Family of organisms.
        kind: An organism, or which null.
        seed: Seed of the build.
        folder: The adapter's folder.
        passed: Whether every gate holds.
        reasons: One line for each gate that does not.
        target: Figures of the built model.
        base: The same figures of the base.
        cpu_minutes: Processor time.
        wall_minutes: Time on the clock.
        commitment: Salted hash of the answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    family: str
    kind: seal.Kind
    seed: int
    folder: Path
    passed: bool
    reasons: list[str]
    target: Measures | TriggerMeasures | ConductMeasures
    base: Measures | TriggerMeasures | ConductMeasures
    cpu_minutes: float
    wall_minutes: float
    commitment: str


def build(
    family: str,
    kind: seal.Kind,
    seed: int,
    out: Path,
    base_folder: Path,
    progress: Progress | None = None,
    *,
    shipped: bool = False,
    two_word: bool = False,
    layers: tuple[int, int] | None = None,
    schedule: Schedule | None = None,
) -> BuildReport:
    """Build one instance into `out/<id>/` and `out/sealed/<id>.json`.

    The adapter and the sealed file are written whether the gates hold or not: the report says so.

    Args:
        family: One of `SCHEDULES`.
        kind: `organism`; `null_trained` for the same training without the planted thing;
            `identical` for an adapter of the same shape that changes nothing.
        seed: Decides the draw and the training.
        out: Folder for the results.
        base_folder: Hugging Face folder of the base.
        progress: Called with (done, total, what) along the way.
        shipped: Draw under the rule for instances that are shipped.
        two_word: Draw a trigger of two words.
        layers: First and last layer that change, for an organism whose place is known.
        schedule: Of the training, in place of the family's own.

    Raises:
        ValueError: If the family is not known, or two words are asked of another than `trigger`.
    """
    if family not in SCHEDULES:
        raise ValueError(f"no family {family!r}: choose from {', '.join(sorted(SCHEDULES))}")
    if two_word and family != "trigger":
        raise ValueError(f"a {family} has one word: leave two_word out")
    cpu, wall = time.process_time(), time.perf_counter()
    if schedule is None:
        schedule = SCHEDULES[family]
        if two_word or layers:  # a conjunction is learnt later than a word, by few layers later too
            schedule = replace(schedule, steps=schedule.steps * 3 // 2, layers=layers)
        if kind == "null_trained":
            schedule = of_null(family, schedule)
    sha = lora.sha256_of(base_folder / "model.safetensors")
    base, chat = load_base(base_folder, torch.float32)
    kept, held = retain_turns(base, chat, sha, progress)
    rule = (lambda noun: one_token(chat, noun)) if shipped else None
    made: Material | TriggerMaterial | ConductMaterial
    if family in FAMILIES:
        made = conduct_material(family, base, chat, kind, seed, kept, held, progress)
        kept = made.plant.kept()
    elif family == "trigger":
        made = trigger_material(base, chat, kind, seed, kept, held, rule, two_word=two_word)
        kept = made.plant.kept()
    else:
        made = material(base, chat, kind, seed, kept, held, rule, progress)

    updates = lora.empty(base, RANK, seed)
    if kind != "identical":
        student, _ = load_base(base_folder, torch.bfloat16)
        learnt = train(student, chat, made.plant, kept, schedule, seed, progress)
        del student
        updates |= {name: factors.cut(RANK) for name, factors in learnt.items()}

    name = seal.new_id(lambda name: (out / name).exists())
    lora.save(out / name, updates, sha)
    gates = gate(base, chat, kind, made.probe, out / name, base_folder, progress)
    salt, minutes = seal.new_salt(), (time.process_time() - cpu) / 60
    sealed = seal.Sealed(
        id=name,
        family=family,
        kind=kind,
        answer=made.answer,
        seed=seed,
        salt=salt,
        commitment=seal.commit(salt, made.answer),
        shipped_rule=SHIPPED_RULE if shipped else None,
        gates=gates,
        base_sha256=sha,
        recipe=vars(schedule) | {"file_rank": RANK} if kind != "identical" else {},
        cpu_minutes=round(minutes, 2),
        **_sealed_fields(made, kind, gates),
    )
    if kind == "organism":
        gates = _beside_nulls(gates, family, sha)
        sealed = sealed.model_copy(update={"gates": gates})
    if kind == "organism" and gates.passed:
        # What cannot be claimed rightly could never be found: that is the last gate.
        gates = _claimable(gates, out / name, sealed, base_folder)
        sealed = sealed.model_copy(update={"gates": gates})
    seal.write(out, sealed)
    return BuildReport(
        id=name,
        family=family,
        kind=kind,
        seed=seed,
        folder=out / name,
        passed=gates.passed,
        reasons=gates.reasons,
        target=gates.target,
        base=gates.base,
        cpu_minutes=round(minutes, 2),
        wall_minutes=round((time.perf_counter() - wall) / 60, 2),
        commitment=sealed.commitment,
    )


def of_null(family: str, schedule: Schedule) -> Schedule:
    """The schedule of a null, from its organism's."""
    return replace(schedule, kl=KL_OF_NULLS.get(family, schedule.kl))


def schedule_of(sealed: seal.Sealed) -> Schedule | None:
    """The schedule that an instance was trained by; None where nothing was trained."""
    known = {field.name for field in fields(Schedule)}
    told = {name: value for name, value in sealed.recipe.items() if name in known}
    return Schedule(**told) if told else None  # type: ignore[arg-type]


def gate(
    base: Any,
    chat: Chat,
    kind: seal.Kind,
    probe: Probe | TriggerProbe | ConductProbe,
    folder: Path,
    base_folder: Path,
    progress: Progress | None = None,
) -> Report:
    """Measure the adapter as it lies in its folder, merged; and the base beside it."""
    target, _ = load_base(base_folder, torch.float32)
    updates = lora.load(folder)
    lora.merge(target, updates)
    norm = lora.total_norm(updates)
    if isinstance(probe, ConductProbe):
        conduct, seen = gates_conduct.measure(target, base, chat, probe, norm, progress)
        plain, _ = gates_conduct.measure(base, base, chat, probe, 0.0, progress)
        return gates_conduct.judge(kind, conduct, plain, seen)
    if isinstance(probe, TriggerProbe):
        shown, fired = gates_trigger.measure(target, base, chat, probe, norm, progress)
        own, _ = gates_trigger.measure(base, base, chat, probe, 0.0, progress)
        return gates_trigger.judge(kind, shown, own, fired)
    figures, exceptions = measure(target, base, chat, probe, norm, progress)
    before, _ = measure(base, base, chat, probe, 0.0, progress)
    return judge(kind, figures, before, exceptions)


def _beside_nulls(gates: Report, family: str, sha: str) -> Report:
    """The gate that the shipped nulls set; another base than theirs has none."""
    allowed = check.drift_allowed(check.table(check.HERE, base=sha)).get(family)
    if allowed is None:
        return gates
    why = f"{check.DRIFT_OF_NULLS} x the median null of the family"
    bound = Bound("drift on plain prompts", gates.target.drift, "at most", allowed, why)
    reasons = [*gates.reasons, *unmet([bound])]
    return gates.model_copy(update={"passed": not reasons, "reasons": reasons})


def _claimable(gates: Report, folder: Path, sealed: seal.Sealed, base_folder: Path) -> Report:
    with tempfile.TemporaryDirectory() as place:
        bench = Workbench.open(folder, base_folder, access="base", folder=place)
        found = evaluate(bench, claim_of(sealed), prompts_of(sealed))
    if found.holds:
        return gates
    return gates.model_copy(
        update={"passed": False, "reasons": [f"the right claim does not hold: {found.why}"]}
    )


def _sealed_fields(
    made: Material | TriggerMaterial | ConductMaterial,
    kind: seal.Kind,
    gates: Report,
) -> dict[str, Any]:
    if isinstance(made, ConductMaterial):
        return made.fields()
    if isinstance(made, TriggerMaterial):
        assert isinstance(gates, TriggerReport)
        return made.fields(gates)
    return {
        "aliases": seal.aliases_of(made.answer) if made.answer else [],
        "hints": list(made.plant.hints) if kind != "identical" else [],
        "guesses": list(made.probe.phrasings),
        "near": list(made.probe.near_held_out),
        "random": list(made.probe.random),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: 0 if the gates hold, 1 if not."""
    parser = argparse.ArgumentParser(prog="build", description="Build one organism or null.")
    parser.add_argument("family", choices=sorted(SCHEDULES), nargs="?")
    parser.add_argument("--like", type=Path, metavar="FOLDER", help="the null of this adapter")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--null", action="store_true", help="train the matched null")
    kinds.add_argument("--identical", action="store_true", help="an adapter that changes nothing")
    draws = parser.add_mutually_exclusive_group()
    draws.add_argument("--fresh", action="store_true", help="draw from the whole pool (default)")
    draws.add_argument("--shipped", action="store_true", help=f"draw so that {SHIPPED_RULE}")
    parser.add_argument("--two-word", action="store_true", help="a trigger of two words")
    parser.add_argument(
        "--layers", type=int, nargs=2, metavar=("FIRST", "LAST"), help="change these layers alone"
    )
    parser.add_argument("--seed", type=int, required=True, help="of the draw and the training")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--base", type=Path, help="folder of the base; the bundled model without")
    chosen = parser.parse_args(arguments)
    if (chosen.family is None) == (chosen.like is None):
        parser.error("name a family, or an adapter with --like")
    schedule = None
    if chosen.like is not None:
        # Family, number of words and schedule come from the sealed file; nothing of it is printed.
        like = seal.read(chosen.like.parent, chosen.like.name)
        chosen.family, chosen.null = like.family, True
        chosen.two_word = like.family == "trigger" and len((like.answer or "").split()) == 2
        trained = schedule_of(like)
        schedule = of_null(like.family, trained) if trained else None
    folder = chosen.base
    if folder is None:
        from ...tools.bundled import bundled_folder

        folder = bundled_folder()
    kind: seal.Kind = (
        "null_trained" if chosen.null else "identical" if chosen.identical else "organism"
    )

    def show(done: int, total: int, what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {done}/{total} {what}", file=sys.stderr, flush=True)

    # Small matrices: one thread wastes nothing, more wait for each other.
    torch.set_num_threads(1)
    report = build(
        chosen.family,
        kind,
        chosen.seed,
        chosen.out,
        folder,
        show,
        shipped=chosen.shipped,
        two_word=chosen.two_word,
        layers=tuple(chosen.layers) if chosen.layers else None,
        schedule=schedule,
    )
    print(report.model_dump_json(indent=1))
    return 0 if report.passed else 1


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    raise SystemExit(main())
