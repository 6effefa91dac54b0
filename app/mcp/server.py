"""The server: every tool of the catalogue with the schemas of its own declaration."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import mcp_types as types
from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from ... import __version__
from ...tools import catalog
from ...tools.runner import Outcome, result_type
from ...tools.spec import Failure
from ...tools.study.contexts.library import Library
from ...tools.workbench import Workbench
from . import resources
from .hands import Hands, Stopped

INSTRUCTIONS = (
    "Interpretability tools on one loaded model. Every result carries its control: read "
    "control.beyond before the numbers. A Failure says what to change."
)
# More text than this helps no language model; the structured content holds the rest.
_TEXT = 6000


def make_server(
    open_bench: Callable[[], Workbench], runs: Path, library: Library | None = None
) -> Server[Any]:
    """A server over one workbench.

    The input and output schemas are the declarations' own, so nothing here names a tool.

    Args:
        open_bench: Loads the models; called at the first tool call that needs them.
        runs: Where run folders stand, for the resources.
        library: The learner's contexts; those on this machine without.
    """
    contexts = library or Library()
    hands = Hands(open_bench, contexts)

    async def list_tools(_: ServerRequestContext[Any], __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=await anyio.to_thread.run_sync(declared))

    async def call_tool(
        context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        outcome = await _in_thread(hands, context, params.name, params.arguments or {})
        return answer(outcome)

    async def list_resources(_: ServerRequestContext[Any], __: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=resources.listed(runs, contexts))

    async def read_resource(
        _: ServerRequestContext[Any], params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            text, mime = resources.content(runs, contexts, uri)
        except KeyError as error:
            raise MCPError(code=types.INVALID_PARAMS, message=str(error.args[0])) from None
        part = types.TextResourceContents(uri=uri, text=text, mime_type=mime)
        return types.ReadResourceResult(contents=[part])

    return Server(
        "mechmentor",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_read_resource=read_resource,
    )


async def serve(open_bench: Callable[[], Workbench], runs: Path) -> None:
    """Serve over stdin and stdout until the client leaves.

    While it serves, file descriptor 1 points at stderr: what a library prints is no protocol.
    """
    server = make_server(open_bench, runs)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def declared() -> list[types.Tool]:
    """Every tool of the catalogue, as the protocol lists it."""
    tools = [catalog.load(name) for name in catalog.CATALOG]
    return [
        types.Tool(
            name=tool.name,
            title=tool.summary,
            description=tool.doc,
            input_schema=tool.args.model_json_schema(),
            output_schema=result_type(tool).model_json_schema(mode="serialization"),
            annotations=types.ToolAnnotations(
                read_only_hint=tool.need is Workbench, destructive_hint=False, open_world_hint=False
            ),
        )
        for tool in tools
    ]


def answer(outcome: Outcome) -> types.CallToolResult:
    """A result with its data, or the tool's failure as an error that can be mended."""
    value = outcome.value
    if isinstance(value, Failure):
        body = value.model_dump(mode="json")
        text = json.dumps(body, ensure_ascii=False)
        return types.CallToolResult(
            content=[types.TextContent(text=text)], structured_content=body, is_error=True
        )
    return types.CallToolResult(
        content=[types.TextContent(text=str(value)[:_TEXT])],
        structured_content=value.model_dump(mode="json"),
    )


async def _in_thread(
    hands: Hands, context: ServerRequestContext[Any], name: str, arguments: dict[str, Any]
) -> Outcome:
    """Run a tool beside the event loop; when the request is cancelled, the tool stops too."""
    stop = threading.Event()

    def progress(done: int, total: int, what: str) -> None:
        anyio.from_thread.run(context.session.report_progress, done, total, what)

    async def watch() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            stop.set()

    def work() -> Outcome | None:
        try:
            return hands.call(name, arguments, progress, stop)
        except Stopped:
            return None

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        outcome = await anyio.to_thread.run_sync(work)
        group.cancel_scope.cancel()
    if outcome is None:
        raise MCPError(code=types.INTERNAL_ERROR, message=f"{name} was cancelled")
    return outcome
