"""`tool list|show|run`: the catalogue from the command line."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .exits import FINDINGS, Stop

if TYPE_CHECKING:
    from ...tools.spec import Chat, Failure, Result, Tool


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The tools.", rich_markup_mode=None, no_args_is_help=True)
    group.command("list")(list_tools)
    group.command("show")(show)
    group.command(
        "run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
    )(run)
    app.add_typer(group, name="tool")


def list_tools(as_json: bool = typer.Option(False, "--json", help="Print as JSON.")) -> int:
    """List the tools."""
    from ...tools.catalog import CATALOG

    if as_json:
        print(
            json.dumps([{"name": e.name, "room": e.room, "line": e.line} for e in CATALOG.values()])
        )
        return 0
    for entry in CATALOG.values():
        print(f"{entry.name:<26} {entry.room:<10} {entry.line}")
    return 0


def show(name: str, as_json: bool = typer.Option(False, "--json", help="Print the schema.")) -> int:
    """Show what a tool does and its arguments."""
    tool = _load(name)
    if as_json:
        print(json.dumps(tool.schema(), indent=1))
        return 0
    print(f"{tool.name}  (access {tool.access}, version {tool.version})\n\n{tool.doc}\n")
    for field, info in tool.args.model_fields.items():
        default = "required" if info.is_required() else f"default {info.default!r}"
        print(f"  --{field:<16} {info.description}  [{default}]")
    return 0


def run(
    context: typer.Context,
    name: str = typer.Argument(..., help="A tool; the words after it are its arguments."),
    target: str = typer.Option("bundled", help="HF folder or id, PEFT folder."),
    base: str = typer.Option(None, help="The model it was trained from."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    dtype: str = typer.Option("float32", help="float32, bfloat16 or float16."),
    seed: int = typer.Option(0, help="Seed of the workbench."),
    folder: Path = typer.Option(Path("runs/bench"), help="Where handles are kept."),
    model: str = typer.Option(None, help="Language model of tools that measure with one."),
    provider: str = typer.Option(None, help="Its provider: openrouter, ollama, …"),
    html: Path = typer.Option(None, help="Also write the result as an HTML file."),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> int:
    """Run one tool on a model: `tool run logit_lens "The capital of France is"`."""
    tool = _load(name)
    arguments = parse(tool, context.args)
    if tool.need.__name__ == "Library":  # runs without a model, and without torch
        from ...tools.runner import run_tool
        from ...tools.study.contexts.library import Library

        return _shown(
            name, run_tool(name, arguments, bench=None, library=Library()).value, html, as_json
        )
    from ...tools.instruments.instrument import Instrument
    from ...tools.ledger import Ledger
    from ...tools.runner import run_tool
    from ...tools.workbench import Workbench
    from ..live import LiveView
    from ..materialise import is_adapter, merged

    if tool.need is Instrument:
        value = run_tool(name, arguments, bench=None, chat=_chat(model, provider)).value
        return _shown(name, value, html, as_json)
    if tool.need is Ledger:
        raise Stop(f"{name} files hypotheses and claims of an audit; it does nothing by itself")
    view = LiveView(sys.stderr)
    source = merged(target, base, view.say).folder if is_adapter(target) else target
    bench = Workbench.open(
        source,
        base,
        folder=folder,
        seed=seed,
        device=device,
        dtype=dtype,
        progress=view.on_progress,
    )
    value = bench.run(name, **arguments)
    view.close()
    return _shown(name, value, html, as_json)


def _chat(model: str | None, provider: str | None) -> "Chat | None":
    if model is None and provider is None:
        return None
    from ...agent.chat.connect import connect
    from ...agent.chat.settings import resolve

    return connect(resolve(provider, model=model))


def _shown(name: str, value: "Result[Any] | Failure", html: Path | None, as_json: bool) -> int:
    from ...tools.spec import Failure

    if isinstance(value, Failure):
        print(value.model_dump_json() if as_json else f"mechmentor: {value}", file=sys.stderr)
        return FINDINGS
    if html:
        from ...tools.view import result_html

        page = f"<!doctype html><meta charset=utf-8><title>{name}</title>{result_html(value)}"
        html.write_text(page, encoding="utf-8")
    print(value.model_dump_json(indent=1) if as_json else value)
    return 0


def parse(tool: "Tool", words: list[str]) -> dict[str, Any]:
    """Words of a command line as a tool's arguments; bare words fill its fields in order.

    Raises:
        Stop: If a name is not one of its arguments.
    """
    fields = tool.args.model_fields
    found: dict[str, Any] = {}
    free = list(fields)
    index = 0
    while index < len(words):
        word = words[index]
        if word.startswith("--"):
            name, _, value = word[2:].replace("-", "_").partition("=")
            if name not in fields:
                raise Stop(f"{tool.name} has no argument --{name}; it has: {', '.join(fields)}")
            if not _ and index + 1 < len(words):
                index += 1
                value = words[index]
            elif not _:
                raise Stop(f"--{name} needs a value")
            else:
                value = word.split("=", 1)[1]
        else:
            left = [f for f in free if f not in found]
            if not left:
                raise Stop(f"{word!r} is one argument too many for {tool.name}")
            name, value = left[0], word
        found[name] = _value(fields[name].annotation, value)
        index += 1
    return found


def _value(annotation: Any, text: str) -> Any:
    if annotation is str or ("str |" in str(annotation) and "list" not in str(annotation)):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return [part.strip() for part in text.split(",")] if "list" in str(annotation) else text


def _load(name: str) -> "Tool":
    from ...tools import catalog

    try:
        tool: Tool = catalog.load(name)
    except KeyError as error:
        raise Stop(str(error.args[0])) from None
    return tool
