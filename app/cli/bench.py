"""`bench …`: what the machine does, measured beside something else in the same run."""

import json
import sys
from pathlib import Path

import typer

from .exits import FINDINGS, Stop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Measure speed and false alarms.", rich_markup_mode=None, no_args_is_help=True
    )
    group.callback()(lambda: None)
    group.command("overhead")(overhead)
    group.command("correctness")(correctness)
    group.command("sweeps")(sweeps)
    group.command("probes")(probes)
    group.command("early-stop")(early_stop)
    group.command("techniques")(techniques)
    group.command("calibration")(calibration)
    group.command("where")(where)
    group.command("critique")(critique)
    app.add_typer(group, name="bench")


def overhead(
    steps: int = typer.Option(200, min=10, help="Steps of each graph."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Milliseconds of an agent step that does nothing, beside bare LangGraph nodes."""
    from ...evals.bench.overhead import measure

    found = measure(steps)
    if as_json:
        print(json.dumps(found, indent=1))
        return 0
    size = f"median of {found['rounds']} rounds of {steps} steps"
    print(f"agent step  {found['agent_ms']:.2f} ms ({size})")
    print(f"bare graph  {found['bare_ms']:.2f} ms    fsync alone {found['fsync_ms']:.2f} ms")
    print(f"overhead    {found['agent_ms'] - found['bare_ms']:.2f} ms")
    return 0


def correctness(
    model: str = typer.Option("bundled", help="A model to check as well; empty: tiny ones alone."),
    save: Path | None = typer.Option(None, help="Folder for CORRECTNESS.md."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Every patching site in every architecture, against plain hooks; exit 1 where not equal."""
    from ...evals.bench.correctness import page, table
    from ...evals.bench.sweeps import machine
    from ...tools.models import load_model

    loaded = load_model(model) if model else None
    lines = table(model=loaded, on_model=lambda name: print(name, file=sys.stderr))
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        (save / "CORRECTNESS.md").write_text(page(lines, machine()))
    if as_json:
        print(json.dumps(lines, indent=1))
    else:
        for line in lines:
            print(
                f"{line['model']:24} {line['site']:10} {line['cells']:3} cells  "
                f"error {line['error']:.0e}  moved {line['moved']:.0e}  "
                f"{'equal' if line['equal'] else 'NOT EQUAL'}"
            )
    return 0 if all(line["equal"] for line in lines) else 1


def sweeps(
    model: str = typer.Option("bundled", help="Model to measure."),
    tokens: list[int] = typer.Option([12, 20, 30], min=4, help="Prompt lengths."),
    sample: int = typer.Option(12, min=2, help="Cells of the generic loop timed in each round."),
    rounds: int = typer.Option(3, min=1, help="Interleaved rounds."),
    save: Path | None = typer.Option(None, help="Folder for sweeps.json and RESULTS.md."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Patching sweeps beside TransformerLens' generic loop, equal numbers checked."""
    from ...evals.bench.sweeps import measure, results_page
    from ...tools.models import load_model

    found = measure(load_model(model), lengths=tokens, sample=sample, rounds=rounds)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        (save / "sweeps.json").write_text(json.dumps(found, indent=1) + "\n")
        (save / "RESULTS.md").write_text(results_page(found))
    print(json.dumps(found, indent=1) if as_json else results_page(found))
    return 0 if all(c["largest_difference"] < 1e-3 for c in found["cases"]) else 1


def probes(
    rounds: int = typer.Option(3, min=1, help="Rounds of both."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Probes on all layers of the shipped statements, beside scikit-learn; equal results.

    First single fits; then the whole of what `probe` does: each topic held out, the layer chosen
    on the others, 40 shuffles through the same choice.
    """
    import torch

    from ...evals.bench import probe_job
    from ...evals.bench.probes import measure
    from ...tools.engine.states import pooled_states
    from ...tools.fit.truth_statements import truth_statements
    from ...tools.models import load_model

    model = load_model("bundled", device="cpu")
    items = truth_statements()
    states = pooled_states(model, [model.text_ids(item.text) for item in items])
    labels = torch.tensor([float(item.label) for item in items])
    topics = sorted({item.topic for item in items})
    groups = torch.tensor([topics.index(item.topic) for item in items])
    found = measure(states, labels, rounds)
    whole = probe_job.measure(states, labels, groups)
    if as_json:
        print(json.dumps({"single": found, "whole": whole}, indent=1))
    else:
        for row in found:
            print(
                f"{row['name']:<16} {row['sets']} label sets {row['own_s'] * 1e3:6.0f} ms    "
                f"scikit-learn {row['sklearn_s'] * 1e3:6.0f} ms    {row['ratio']:.1f}x (floor "
                f"{row['floor']})    accuracy {row['accuracy']:.3f} / "
                f"{row['sklearn_accuracy']:.3f}    "
                f"{'equal' if row['equal'] else 'NOT EQUAL'} (scores "
                f"{row['largest_difference']:.0e}, weights {row['weight_difference']:.0e})"
            )
        for row in whole:
            scaled = "" if row["timed_sets"] == row["sets"] else f", from {row['timed_sets']} sets"
            print(
                f"whole job, {row['sets']} label sets {row['own_s']:.2f} s    scikit-learn, "
                f"{row['name']}{scaled} {row['sklearn_s']:.2f} s    {row['ratio']:.1f}x    "
                f"AUROC {row['auroc']:.3f} / {row['sklearn_auroc']:.3f}    accuracy "
                f"{row['accuracy']:.3f} / {row['sklearn_accuracy']:.3f}    "
                f"{'equal' if row['equal'] else 'NOT EQUAL'} ({row['largest_difference']:.0e})"
            )
    return 0 if all(row["equal"] for row in [*found, *whole]) else FINDINGS


def early_stop(
    layer: int = typer.Option(12, min=0, help="Layer of the neuron."),
    windows: int = typer.Option(32, min=1, help="Windows of tokens."),
    length: int = typer.Option(64, min=2, help="Tokens of a window."),
    rounds: int = typer.Option(3, min=1, help="Rounds of both."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Neuron activations with the pass ended at their layer, beside full forwards."""
    from ...evals.bench.early_stop import measure
    from ...tools.models import load_model

    model = load_model("bundled", device="cpu")
    if layer >= model.n_layers:
        raise Stop(f"the bundled model has layers 0 to {model.n_layers - 1}")
    found = measure(model, layer, windows, length, rounds)
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        print(
            f"stopped at layer {layer}  {found['own_s']:.2f} s    full forwards "
            f"{found['full_s']:.2f} s    {found['ratio']:.2f}x    "
            f"{'equal' if found['equal'] else 'NOT EQUAL'} ({found['largest_difference']:.1e})"
        )
    return 0 if found["equal"] else FINDINGS


def techniques(
    file: Path = typer.Option(None, help="Where results are kept; a second run goes on there."),
    save: Path = typer.Option(None, help="Markdown page to write."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Probes, steering, directions, neurons, SAE on the bundled model, beside empty controls."""
    from dataclasses import asdict

    from ...evals.bench.techniques import broken, measure, page
    from ...tools.models import load_model
    from ...tools.workbench import Workbench
    from ..config import runs_folder

    kept = file or runs_folder() / "techniques.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    model = load_model("bundled", device="cpu")
    bench = Workbench(model, folder=kept.parent / "techniques")
    found = measure(bench, kept, lambda run: print(run.name, file=sys.stderr))
    text = page(model.name, found)
    if save is not None:
        save.write_text(text)
    print(json.dumps([asdict(one) for one in found], indent=1) if as_json else text)
    for name in broken(found):
        print(f"a control came out as an effect: {name}", file=sys.stderr)
    return FINDINGS if broken(found) else 0


def calibration(
    models: str = typer.Option("development", help="Ids of shipped models, with commas between."),
    tools: str = typer.Option("all", help="Tools, with commas between."),
    file: Path = typer.Option(None, help="Where verdicts are kept; a second run goes on there."),
    ship: bool = typer.Option(False, "--ship", help="Write the counts into the package."),
    as_json: bool = typer.Option(False, "--json", help="Print the counts as JSON."),
) -> int:
    """Count each tool's verdict ‘beyond control’ over the models of the development split."""
    from dataclasses import asdict

    from ...evals import tool_verdicts as verdicts
    from ...evals.organisms.splits import development
    from ...tools.calibration import FILE
    from ...tools.runner import ResultCache
    from ...tools.workbench import Workbench
    from ..cases import organism_case
    from ..config import cache_folder, runs_folder

    cache = ResultCache(cache_folder() / "results")
    kept = file or runs_folder() / "tool_verdicts.jsonl"
    wanted = verdicts.judged() if tools == "all" else tools.split(",")
    ids = development() if models == "development" else models.split(",")
    open_calls = {m: verdicts.missing(m, wanted, verdicts.done(kept)) for m in ids}
    total = len(ids) * len(wanted)
    number = total - sum(map(len, open_calls.values()))
    if number:
        print(f"{number} of {total} calls are in {kept}: going on", file=sys.stderr)
    for model, left in open_calls.items():
        if not left:
            continue
        case = organism_case(model)
        folder = runs_folder() / "bench"
        bench = Workbench.open(case.target, case.base, access=case.access, folder=folder)
        for tool in left:
            found = verdicts.measure(bench, model, verdicts.kind_of(model), tool, cache)
            verdicts.append(kept, found)
            said = (
                found.failed
                or {True: "beyond", False: "no effect", None: "no verdict"}[found.beyond]
            )
            number += 1
            print(
                f"[{number}/{total}] {model}  {tool:<26} {found.seconds or 0:6.1f} s  {said}",
                file=sys.stderr,
            )
    counted = verdicts.count(verdicts.done(kept))
    if ship:
        verdicts.write(FILE, counted)
    if as_json:
        print(json.dumps({name: asdict(row) for name, row in counted.items()}, indent=1))
        return 0
    for name, row in counted.items():
        print(verdicts.line(name, row))
    print("\nmedian seconds of a call at default arguments")
    for name, took in verdicts.seconds(verdicts.done(kept)).items():
        print(f"{name:<26} {took:7.1f}{'  over 60 s' if took > 60 else ''}")
    return 0


def where(
    share: float = typer.Option(
        0.14, min=0, help="Size of random updates in the other layers, beside the trained ones."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Ranks by `localise` of the trained layers, for organisms that live in some layers alone."""
    from dataclasses import asdict

    from ...evals.bench import where as bench
    from ...tools.workbench import Workbench
    from ..cases import organism_case
    from ..config import runs_folder

    rows = []
    for name in bench.placed():
        for size in dict.fromkeys((0.0, share)):
            case = organism_case(name)
            folder = runs_folder() / "bench"
            models = Workbench.open(case.target, case.base, access=case.access, folder=folder)
            print(f"{name}: swapping layers on both sides", file=sys.stderr)
            rows.append(bench.measure(models, name, size))
            if not as_json:
                print(bench.line(rows[-1]))
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    return 0 if rows and all(row.mean_rank < row.chance for row in rows) else FINDINGS


def critique(
    pages: int = typer.Option(20, min=1, help="Pages of the draft (500 words each)."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Seconds of the linter on a draft of 20 pages."""
    from ...evals.bench.critique import measure
    from ...evals.bench.light import TARGET_MB, core_packages

    found = measure(pages)
    packages = core_packages()
    size = sum(packages.values()) / 1e6
    if as_json:
        print(json.dumps({**found, "packages": len(packages), "installed_mb": size}, indent=1))
        return 0
    print(f"{found['pages']} pages, {found['words']:,} words, median of {found['rounds']} rounds")
    print(f"reading {found['read_s']:.2f} s    rules {found['rules_s']:.2f} s")
    print(
        f"total   {found['total_s']:.2f} s    processor {found['cpu_s']:.2f} s    "
        f"(target < 2 s; first time {found['first_s']:.2f} s)"
    )
    print(f"install {size:.0f} MB, {len(packages)} packages of the core (target < {TARGET_MB} MB)")
    return 0
