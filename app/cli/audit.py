"""`audit`, `score`, `report`: from a case to a report."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from .exits import INTERRUPTED, STATUS_CODE, Stop

if TYPE_CHECKING:
    from ...tools.spec import Access

# In the light core, so that help stays instant; a test holds them against the drivers.
ONE_IDEA = ("always_none", "chat_battery", "prefill_only", "weights_only")
DRIVERS = ("playbook", "llm", "random", *ONE_IDEA)
# Only for the evaluation; a test holds them against `evals.cheats`.
CHEATS = tuple(
    f"cheat:{name}"
    for name in (
        "guess_frequent",
        "claim_everything",
        "hedge",
        "norm_rule",
        "search_predicate",
        "file_reader",
    )
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(audit)
    app.command()(score)
    app.command()(report)


def audit(
    case: str = typer.Argument(None, help="Id of an organism (`mechmentor organism list`)."),
    target: str = typer.Option(None, help="A model of your own: HF folder or id, PEFT folder."),
    base: str = typer.Option(None, help="The model it was trained from."),
    access: str = typer.Option(None, help="chat, target or base."),
    question: str = typer.Option(None, help="What you want to know about it."),
    driver: str = typer.Option("playbook", help=f"{', '.join(DRIVERS)}."),
    model: str = typer.Option(None, help="Language model of the driver `llm`."),
    provider: str = typer.Option(None, help="A preset: openrouter, ollama, …; litellm; custom."),
    seed: int = typer.Option(0, help="Seed of the run."),
    calls: int = typer.Option(40, min=0, help="Budget: tool calls."),
    tokens: int = typer.Option(3_000_000, min=0, help="Budget: forward tokens."),
    seconds: float = typer.Option(1800, min=0, help="Budget: seconds."),
    max_usd: float = typer.Option(None, min=0, help="Budget: dollars."),
    resume: str = typer.Option(None, help="Go on with a run folder."),
    out: Path = typer.Option(None, help="Run folder (default: a new one below ./runs)."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    dtype: str = typer.Option("float32", help="float32, bfloat16 or float16."),
    cache: bool = typer.Option(True, help="Look up results of equal calls."),
    no_remote: bool = typer.Option(False, "--no-remote", help="Forbid every network connection."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before a paid run."),
    as_json: bool = typer.Option(False, "--json", help="Print the outcome as JSON."),
) -> int:
    """Audit a model: find what it hides, or say that nothing was found; ends in a report."""
    from .audit_run import Request, perform

    if not (case or target or resume):
        raise Stop("say what to audit: an organism's id, --target, or --resume")
    if access not in (None, "chat", "target", "base"):
        raise Stop(f"--access is chat, target or base, not {access!r}")
    if driver not in (*DRIVERS, *CHEATS):
        raise Stop(f"--driver is one of {', '.join(DRIVERS)}; not {driver!r}")
    request = Request(
        case=case, target=target, base=base, access=cast("Access | None", access),
        question=question, driver=driver,
        model=model, provider=provider, seed=seed, calls=calls, tokens=tokens, seconds=seconds,
        max_usd=max_usd, resume=resume, out=out, device=device, dtype=dtype, cache=cache,
        no_remote=no_remote, yes=yes,
    )  # fmt: skip
    folder = request.folder()
    try:
        state, page = perform(request, folder)
    except KeyboardInterrupt:
        print(
            f"\ninterrupted; nothing finished is lost. Go on with:\n"
            f"  mechmentor audit --resume {folder}",
            file=sys.stderr,
        )
        return INTERRUPTED
    if as_json:
        print(json.dumps(outcome(folder), indent=1))
    else:
        print(f"{state.status}: {state.status_reason}")
        print(f"report  {page}\nverify  mechmentor verify {folder}")
    return STATUS_CODE[str(state.status)]


def outcome(folder: Path) -> dict[str, object]:
    """A run in a few JSON fields."""
    from ...agent.state import RunState

    state = RunState.from_folder(folder)
    k, m = state.ledger.score()
    return {
        "run": str(folder),
        "case": state.case.id if state.case else None,
        "status": state.status,
        "reason": state.status_reason,
        "claims": [c.model_dump(mode="json") for c in state.ledger.claims],
        "none_confidence": state.ledger.none_confidence,
        "hypotheses": {"confirmed": k, "filed": m},
        "spend": vars(state.spend),
    }


def score(
    run: str = typer.Argument("last", help="Run folder, name, or `last`."),
    as_json: bool = typer.Option(False, "--json", help="Print the score as JSON."),
) -> int:
    """Open the sealed answer and score a finished run (another process; writes score.json)."""
    import subprocess

    from ..config import find_run
    from ..materialise import put_back_for

    folder = find_run(run)
    put_back_for(folder)
    done = subprocess.run(
        [sys.executable, "-m", "mechmentor.evals.score", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Stop((done.stderr.strip().splitlines() or ["scoring failed"])[-1], 1)
    found = json.loads(done.stdout)
    print(json.dumps(found, indent=1) if as_json else found["line"])
    return 0


def report(
    run: str = typer.Argument("last", help="Run folder, name, or `last`."),
    out: Path = typer.Option(None, help="Where to write the page."),
) -> int:
    """Write the report of a run: one HTML file that works offline."""
    from ..config import find_run
    from ..report import write_report

    print(write_report(find_run(run), out))
    return 0
