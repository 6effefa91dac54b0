"""`mcp`: the tools for an assistant that speaks the Model Context Protocol."""

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(mcp)


def mcp(
    target: str = typer.Option("bundled", help="HF folder or id, PEFT folder."),
    base: str = typer.Option(None, help="The model it was trained from."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    dtype: str = typer.Option("float32", help="float32, bfloat16 or float16."),
    seed: int = typer.Option(0, help="Seed of the workbench."),
    folder: Path = typer.Option(Path("runs/bench"), help="Where handles are kept."),
) -> int:
    """Serve the tools over stdin and stdout: an assistant starts this command itself."""
    import anyio

    from ...tools.workbench import Workbench
    from ..config import runs_folder
    from ..materialise import is_adapter, merged
    from ..mcp.server import serve

    def open_bench() -> Workbench:
        source = merged(target, base).folder if is_adapter(target) else target
        return Workbench.open(source, base, folder=folder, seed=seed, device=device, dtype=dtype)

    anyio.run(serve, open_bench, runs_folder())
    return 0
