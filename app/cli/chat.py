"""`chat`: a talk with a tutor over contexts, with tools in the middle of an answer."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .exits import INTERRUPTED, Stop

if TYPE_CHECKING:
    from ...agent.chat.settings import Endpoint
    from ...agent.state import RunState
    from ...agent.talk.talk import TalkConfig
    from ...agent.tape import Record
    from ...tools.spec import Access, Chat
    from ...tools.workbench import Workbench

MODES = ("ask", "skim", "compare")
ALWAYS = "MECHMENTOR_COMPARE"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(chat)


def chat(
    question: str = typer.Argument(
        None, help="One question, a file, - (standard input) or edit ($EDITOR); none for a talk."
    ),
    contexts: list[str] = typer.Option([], "--context", "-c", help="A context; repeatable."),
    mode: str = typer.Option("ask", help="ask, skim, or compare (two voices at once)."),
    provider: str = typer.Option(None, help="As in audit."),
    model: str = typer.Option(None, help="Language model of the tutor."),
    second: str = typer.Option(
        "", help="Model of the second voice; the same one gives another sample."
    ),
    target: str = typer.Option("bundled", help="Local model that the tutor may look into; none."),
    base: str = typer.Option(None, help="The model that it was trained from."),
    max_usd: float = typer.Option(None, min=0, help="The talk ends at so many dollars."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask before a dear turn."),
    resume: str = typer.Option(None, help="Id of a talk, or `last`."),
    no_key: bool = typer.Option(False, "--no-key", help="Only write prompt.md, to be pasted."),
    out: Path = typer.Option(Path("prompt.md"), help="Where that prompt goes."),
) -> int:
    """Ask a tutor that cites lines, has its quotations checked, and can show things on a model.

    MECHMENTOR_MONTHLY_USD caps a month, MECHMENTOR_ASK_ABOVE_USD (0.25) asks before a turn,
    MECHMENTOR_COMPARE=1 (or a model) compares always. In a talk, /help lists the commands.
    """
    from .tutor.lines import text_of, typed
    from .tutor.turns import MAP

    if mode not in MODES:
        raise Stop(f"--mode is ask, skim or compare, not {mode!r}")
    from ...agent.chat.settings import environment

    always = environment().get(ALWAYS, "")
    if always and mode == "ask":
        mode, second = "compare", second or ("" if always.lower() in ("1", "on") else always)
    endpoint = None if no_key else _endpoint(provider, model, resume)
    text = text_of(question) if question is not None else None
    if endpoint is None:
        from .tutor.no_key import write_prompt

        if text is None and mode != "skim":
            text = next((x for x in map(str.strip, typed()) if x), None)
            if text is None:
                raise Stop("there is no key for a language model and no question for a prompt")
        return write_prompt(text or MAP, mode, contexts, out)
    if text is None and mode == "skim":
        text = MAP
    config = _config(endpoint, contexts, target, base, max_usd)
    return _talk(config, endpoint, text, mode, second, resume, yes)


def _talk(
    config: "TalkConfig", endpoint: "Endpoint", text: str | None, mode: str, second: str,
    resume: str | None, yes: bool,
) -> int:  # fmt: skip
    from ...agent.chat.prices import price_of
    from ...agent.talk.compare import Compare
    from ...agent.talk.talk import Talk, new_folder
    from ...tools.study.contexts.library import Library
    from ..config import runs_folder
    from .tutor.lines import typed
    from .tutor.money import Purse, say
    from .tutor.turns import Turns, Voices

    folder = _found(resume) if resume else new_folder(runs_folder() / "talks")
    say(f"talk {folder.name}")
    voices = Voices()
    with Talk(
        folder,
        config,
        lambda found: _connect(found, folder.name),
        library=Library(),
        open_models=_open_models,
        on_event=_show_event,
        on_text=voices.first,
    ) as talk:
        compare = Compare(
            talk, second or _second_of(folder),
            on_event=voices.second_event, on_text=voices.second,
        )  # fmt: skip
        purse = Purse(endpoint, price_of(endpoint), yes, talk.config.budget.dollars)
        turns = Turns(talk, compare, voices, purse, mode, announced=bool(resume))  # type: ignore[arg-type]
        try:
            code = turns.go([text] if text is not None else typed(), one=text is not None)
        except KeyboardInterrupt:
            code = INTERRUPTED
        say(f"talk {folder.name}: mechmentor chat --resume {folder.name}")
        if code == INTERRUPTED:
            os._exit(code)  # a second voice may still speak; every finished record is on disk
        return code


def _config(
    endpoint: "Endpoint", contexts: list[str], target: str, base: str | None, max_usd: float | None
) -> "TalkConfig":
    from ...agent.case import Budget
    from ...agent.talk.talk import TalkConfig

    return TalkConfig(
        contexts=tuple(contexts),
        model=None if target == "none" else target,
        base=base,
        budget=Budget(calls=None, tokens=None, seconds=None, dollars=max_usd),
        settings=(
            ("base_url", endpoint.base_url),
            ("model", endpoint.model),
            ("provider", endpoint.provider),
        ),
    )


def _endpoint(provider: str | None, model: str | None, resume: str | None) -> "Endpoint | None":
    """Where the tutor is; None when no key is set and none was asked for."""
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.settings import NO_KEY, resolve

    if resume:
        settings = json.loads((_found(resume) / "tape.jsonl").open("rb").readline())["settings"]
        provider, model = settings.get("provider"), settings.get("model")
    try:
        return resolve(provider, model=model, role="tutor")
    except MissingKey as error:
        if provider is None and str(error) == NO_KEY:
            return None
        raise


def _second_of(folder: Path) -> str:
    """The model of the talk's last second voice, so that a resumed one goes on with it."""
    found = sorted(folder.glob("second-*/tape.jsonl"), key=lambda p: int(p.parent.name[7:]))
    if not found:
        return ""
    with found[-1].open("rb") as file:
        return str(json.loads(file.readline())["settings"]["model"])


def _show_event(record: "Record", state: "RunState") -> None:
    from .tutor.money import say
    from .tutor.turns import event_lines

    for line in event_lines(record, state):
        say(line)


def _connect(settings: dict[str, str], run: str) -> "Chat":
    from ...agent.chat.connect import connect
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.settings import resolve
    from .tutor.money import say

    endpoint = resolve(settings.get("provider"), model=settings.get("model"))
    if settings.get("base_url", endpoint.base_url) != endpoint.base_url:
        raise MissingKey(
            f"the talk used {settings['base_url']}, the environment names {endpoint.base_url}; "
            f"set OPENAI_BASE_URL={settings['base_url']} to go on there"
        )
    return connect(endpoint, say, run)


def _open_models(config: "TalkConfig", folder: Path) -> "Workbench":
    from ...tools.workbench import Workbench
    from .tutor.money import say

    say("loading the model")
    access: Access = "base" if config.base else "target"
    return Workbench.open(str(config.model), config.base, access=access, folder=folder)


def _found(name: str) -> Path:
    from ..config import runs_folder

    parent = runs_folder() / "talks"
    known = sorted(p.parent for p in parent.glob("*/tape.jsonl"))
    fitting = known[-1:] if name == "last" else [p for p in known if name in p.name]
    if len(fitting) != 1:
        raise Stop(f"{name!r} names {len(fitting)} of the {len(known)} talks below {parent}")
    return fitting[0]
