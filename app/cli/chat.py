"""`chat`: a talk with a tutor over contexts, with tools in the middle of an answer."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .exits import INTERRUPTED, PROVIDER, Stop

if TYPE_CHECKING:
    from ...agent.state import RunState
    from ...agent.talk.talk import Answer, Talk, TalkConfig
    from ...agent.tape import Record
    from ...tools.spec import Access, Chat
    from ...tools.workbench import Workbench

_HELP = """\
/skim TEXT   map of the reading: question, method, key evidence, weakest point, what to read
/cost        what this talk has cost
/contexts    what the tutor has before it
/quit        end (the talk stays: mechmentor chat --resume ID)"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(chat)


def chat(
    question: str = typer.Argument(None, help="One question; without it a talk (- reads stdin)."),
    contexts: list[str] = typer.Option([], "--context", "-c", help="A context; repeatable."),
    mode: str = typer.Option("ask", help="ask or skim."),
    provider: str = typer.Option(None, help="As in audit."),
    model: str = typer.Option(None, help="Language model of the tutor."),
    target: str = typer.Option("bundled", help="Local model that the tutor may look into; none."),
    base: str = typer.Option(None, help="The model that it was trained from."),
    max_usd: float = typer.Option(None, min=0, help="The talk ends at so many dollars."),
    resume: str = typer.Option(None, help="Id of a talk, or `last`."),
) -> int:
    """Ask a tutor that cites lines, has its quotations checked, and can show things on a model."""
    from ...agent.case import Budget
    from ...agent.chat.settings import resolve
    from ...agent.talk.talk import Talk, TalkConfig, new_folder
    from ...tools.study.contexts.library import Library
    from ..config import runs_folder

    if mode not in ("ask", "skim"):
        raise Stop(f"--mode is ask or skim, not {mode!r}")
    folder = _found(resume) if resume else new_folder(runs_folder() / "talks")
    settings: tuple[tuple[str, str], ...] = ()
    if not resume:
        endpoint = resolve(provider, model=model, role="tutor")
        settings = (
            ("base_url", endpoint.base_url),
            ("model", endpoint.model),
            ("provider", endpoint.provider),
        )
    config = TalkConfig(
        contexts=tuple(contexts),
        model=None if target == "none" else target,
        base=base,
        budget=Budget(calls=None, tokens=None, seconds=None, dollars=max_usd),
        settings=settings,
    )
    with Talk(
        folder,
        config,
        lambda found: _connect(found, folder.name),
        library=Library(),
        open_models=_open_models,
        on_event=_show_event,
        on_text=lambda text: print(text, end="", flush=True),
    ) as talk:
        _say(f"talk {folder.name}")
        _announce(talk)
        try:
            code = _turns(talk, question, mode)
        except KeyboardInterrupt:
            code = INTERRUPTED
        _say(f"talk {folder.name}: mechmentor chat --resume {folder.name}")
        return code


def _turns(talk: "Talk", question: str | None, mode: str) -> int:
    from ...agent.talk.talk import TalkStopped

    code = 0
    if talk.waiting:
        _say("the last turn has no answer yet: going on with it")
        code = _answered(talk.answer)
    single = question is not None
    for line in _lines(question):
        text, how = line.strip(), mode
        if text in ("/quit", "/exit"):
            break
        if text in ("/help", "/cost", "/contexts"):
            _command(text, talk)
            continue
        if text.startswith("/skim"):
            text, how = text.removeprefix("/skim").strip() or "Map the reading for me.", "skim"
        elif text.startswith("/"):
            _say(f"there is no {text.split()[0]}\n{_HELP}")
            continue
        if text:
            try:
                _finish(talk.say(text, "skim" if how == "skim" else "ask"))
            except TalkStopped as stop:
                _say(f"\nno answer: {stop}")
                code = PROVIDER
        if single:
            break
    return code


def _answered(ask: object) -> int:
    from ...agent.talk.talk import TalkStopped

    try:
        _finish(ask())  # type: ignore[operator]
    except TalkStopped as stop:
        _say(f"\nno answer: {stop}")
        return PROVIDER
    return 0


def _lines(question: str | None) -> Iterator[str]:
    if question is not None:
        yield sys.stdin.read() if question == "-" else question
        return
    asking = sys.stdin.isatty()
    while True:
        if asking:
            print("\n> ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _finish(answer: "Answer") -> None:
    print()
    report = answer.report
    if report.checked:
        _say(report.summary)
    for item in report.checked:
        if item.status == "unverified":
            _say(f"  struck out, not in the contexts: “{item.quotation.text[:100]}”")
            if item.near:
                _say(f"    nearest ({item.near.source}:L{item.near.line}): “{item.near.text}”")
    for note in report.notes:
        _say(f"  {note}")


def _command(text: str, talk: "Talk") -> None:
    if text == "/help":
        _say(_HELP)
    elif text == "/contexts":
        _say("\n".join(talk.config.contexts) or "none: mechmentor chat --context NAME")
    else:
        spend = talk.state.spend
        unknown = f", {spend.unknown} replies of unknown price" if spend.unknown else ""
        _say(f"${spend.dollars:.4f}{unknown}, {spend.calls} tool calls, {spend.tokens:,} tokens")


def _announce(talk: "Talk") -> None:
    """Price and what leaves the machine, before the first turn."""
    from ...agent.chat.prices import REPLY_TOKENS, price_of
    from ...agent.chat.settings import resolve

    settings = dict(talk.config.settings)
    endpoint = resolve(settings.get("provider"), model=settings.get("model"))
    price = price_of(endpoint)
    tokens = sum(talk.library.card(name).tokens for name in talk.config.contexts)
    _say(f"host     {endpoint.host}, {endpoint.model}")
    _say("sent     your words, the contexts, tool results; never weights")
    if price is None:
        _say(f"price    unknown; about {tokens:,} tokens of context a turn")
    else:
        once = tokens * price.input + REPLY_TOKENS * price.output
        cached = 0.1 * tokens * price.input + REPLY_TOKENS * price.output
        _say(
            f"price    about ${once:.4f} for the first turn, ${cached:.4f} for the next if the "
            f"provider caches at a tenth ({price.shown()})"
        )


def _show_event(record: "Record", state: "RunState") -> None:
    """Each tool result as a picture with its control."""
    from ...tools.view import result_text

    if record["kind"] == "start":
        experiment = state.find(record["id"])
        _say(f"\n[{record['id']} {record['tool']} {experiment.args if experiment else ''}]")
    if record["kind"] == "end":
        experiment = state.find(record["id"])
        result = experiment.open_result() if experiment else None
        _say(result_text(result) if result else str(experiment.failure if experiment else ""))
    if record["kind"] == "note":
        _say(record["text"])


def _connect(settings: dict[str, str], run: str) -> "Chat":
    from ...agent.chat.connect import connect
    from ...agent.chat.errors import MissingKey
    from ...agent.chat.settings import resolve

    endpoint = resolve(settings.get("provider"), model=settings.get("model"))
    if settings.get("base_url", endpoint.base_url) != endpoint.base_url:
        raise MissingKey(
            f"the talk used {settings['base_url']}, the environment names {endpoint.base_url}; "
            f"set OPENAI_BASE_URL={settings['base_url']} to go on there"
        )
    return connect(endpoint, _say, run)


def _open_models(config: "TalkConfig", folder: Path) -> "Workbench":
    from ...tools.workbench import Workbench

    _say("loading the model")
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


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
