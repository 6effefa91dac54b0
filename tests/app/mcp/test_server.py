"""The official client against the server in a process of its own, on a tiny model."""

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

mcp = pytest.importorskip("mcp")
from mcp import MCPError, StdioServerParameters, stdio_client  # noqa: E402
from mcp.client import Client  # noqa: E402

from mechmentor.tools import catalog  # noqa: E402

COMMAND = [sys.executable, "-m", "mechmentor", "mcp"]
HYPOTHESIS: dict[str, Any] = {
    "statement": "The top token is likely.",
    "tool": "next_token",
    "arguments": json.dumps({"prompt": "Hello"}),
    "predictions": [{"field": "top_p", "comparison": ">", "threshold": 0.5}],
}


@pytest.fixture
def talk(tiny_folder: Path, tmp_path: Path) -> Callable[..., None]:
    """`talk(body)`: run an async body with a connected client."""

    def run(body: Callable[[Client], Awaitable[None]], base: Path | None = None) -> None:
        options = ["--target", str(tiny_folder), "--folder", str(tmp_path / "bench")]
        options += ["--base", str(base)] if base else []
        server = StdioServerParameters(
            command=COMMAND[0],
            args=[*COMMAND[1:], *options],
            env={
                **os.environ,
                "MECHMENTOR_RUNS": str(tmp_path / "runs"),
                "MECHMENTOR_DATA": str(tmp_path / "data"),
            },
        )

        async def main() -> None:
            async with Client(stdio_client(server)) as client:
                await body(client)

        anyio.run(main)

    return run


def test_tools_ledger_and_resources_in_one_session(talk: Any, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "r1"
    run.mkdir(parents=True)
    (run / "tape.jsonl").write_text("")

    async def body(client: Client) -> None:
        await lists_every_tool_with_the_schemas_of_its_declaration(client)
        await gives_typed_data(client)
        await gives_the_tools_failure_for_wrong_arguments(client)
        await keeps_hypotheses(client)
        await calls_every_tool(client)
        await reads_runs_and_nothing_else(client)

    talk(body)


async def lists_every_tool_with_the_schemas_of_its_declaration(client: Client) -> None:
    listed = (await client.list_tools()).tools
    assert [tool.name for tool in listed] == list(catalog.CATALOG)
    for tool in listed:
        own = catalog.load(tool.name)
        assert tool.input_schema == own.args.model_json_schema()
        assert set(tool.output_schema["properties"]) >= {"summary", "data", "control"}


async def gives_typed_data(client: Client) -> None:
    done = await client.call_tool("next_token", {"prompt": "The capital of France is"})
    assert not done.is_error
    assert done.structured_content["control"]["what"]
    assert 0 <= done.structured_content["data"]["top_p"] <= 1
    assert done.structured_content["summary"][:40] in done.content[0].text


async def gives_the_tools_failure_for_wrong_arguments(client: Client) -> None:
    for name, wrong in (
        ("next_token", {"top": 0}),
        ("next_token", {"no_such": 1}),
        ("no_such_tool", {}),
    ):
        failed = await client.call_tool(name, wrong)
        assert failed.is_error
        assert json.loads(failed.content[0].text)["code"] == "bad_args"
    failed = await client.call_tool("trigger_scan", {})
    assert json.loads(failed.content[0].text)["code"] == "no_base"


async def calls_every_tool(client: Client) -> None:
    """Without arguments: typed data, or a failure that says what to give; never a broken call."""
    for name in catalog.CATALOG:
        done = await client.call_tool(name, {})
        if done.is_error:
            failure = json.loads(done.content[0].text)
            assert set(failure) >= {"code", "message", "hint"}, name
            assert failure["code"] in ("bad_args", "no_base", "no_access", "model_limit"), failure
        else:
            assert done.structured_content["summary"], name
    found = await client.call_tool("search_context", {"query": "activation patching"})
    assert not found.is_error, found.content[0].text


async def keeps_hypotheses(client: Client) -> None:
    filed = await client.call_tool("register_hypothesis", HYPOTHESIS)
    assert filed.structured_content["data"]["hypothesis"]["id"] == "H1"
    second = {**HYPOTHESIS, "statement": "Another one."}
    filed = await client.call_tool("register_hypothesis", second)
    assert filed.structured_content["data"]["hypothesis"]["id"] == "H2"


async def reads_runs_and_nothing_else(client: Client) -> None:
    listed = [str(r.uri) for r in (await client.list_resources()).resources]
    context, *of_runs = listed
    assert of_runs == ["mechmentor://runs/r1/report", "mechmentor://runs/r1/tape"]
    text = (await client.read_resource(context)).contents[0].text
    assert text.startswith("L1 ")
    page = await client.read_resource(of_runs[0])
    assert page.contents[0].mime_type == "text/html"
    assert "<html" in page.contents[0].text
    for outside in (
        "mechmentor://runs/../x/tape",
        "mechmentor://contexts/../x",
        "file:///etc/passwd",
    ):
        with pytest.raises(MCPError, match="no resource"):
            await client.read_resource(outside)


def test_a_long_tool_tells_its_progress_and_stops_when_it_is_cancelled(talk: Any) -> None:
    long = {"n": 32, "max_new_tokens": 256, "temperature": 1.0}

    async def body(client: Client) -> None:
        told: list[float] = []

        async def on_progress(done: float, total: float | None, what: str | None) -> None:
            told.append(done)
            if what == "replies":
                scope.cancel()

        with anyio.move_on_after(100) as scope:
            await client.call_tool("sample_replies", long, progress_callback=on_progress)
        assert scope.cancelled_caught
        assert len(told) >= 2
        # The next call waits for the first: it comes at once because that one has stopped.
        with anyio.fail_after(30):
            after = await client.call_tool("next_token", {"prompt": "Hello"})
        assert not after.is_error

    talk(body)


def test_stdout_holds_protocol_and_nothing_else(tiny_folder: Path, tmp_path: Path) -> None:
    version = "2025-06-18"
    hello = {"protocolVersion": version, "capabilities": {}}
    hello["clientInfo"] = {"name": "test", "version": "0"}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "next_token", "arguments": {}},
        },
    ]
    child = subprocess.Popen(
        [*COMMAND, "--target", str(tiny_folder), "--folder", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdin
    assert child.stdout
    child.stdin.write("".join(json.dumps(line) + "\n" for line in asked))
    child.stdin.flush()
    lines = []
    while not lines or json.loads(lines[-1]).get("id") != 2:
        lines.append(child.stdout.readline())
    child.stdin.close()
    rest = child.stdout.read()
    assert child.wait(30) == 0
    for line in [*lines, *rest.splitlines()]:
        assert json.loads(line)["jsonrpc"] == "2.0"
