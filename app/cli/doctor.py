"""`doctor`: what is here, what is missing, and the line that mends it."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import typer

MINIMUM = (3, 11, 5)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    provider: str = typer.Option(None, help="Check this preset's key and endpoint."),
    model: str = typer.Option(None, help="Check that the endpoint knows this model."),
    online: bool = typer.Option(
        False, help="Also make one tiny call (costs a fraction of a cent)."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Check Python, torch, device, model cache, sandbox, browser, and a key if there is one."""
    rows = [_python(), *_torch(), _model(), _sandbox(), _browser(), *_chat(provider, model, online)]
    if as_json:
        print(json.dumps([{"what": w, "ok": ok, "detail": d} for w, ok, d in rows], indent=1))
    else:
        for what, ok, detail in rows:
            print(f"{'ok  ' if ok else '--  '}{what:<14} {detail}")
    return 0 if all(ok for what, ok, _ in rows if what in ("python", "torch", "model")) else 1


Row = tuple[str, bool, str]


def _python() -> Row:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:3] >= MINIMUM
    return "python", good, version if good else f"{version}: needs 3.11.5 or newer"


def _torch() -> list[Row]:
    if importlib.util.find_spec("torch") is None:
        line = "pip install -c constraints.txt 'mechmentor[models]'"
        return [("torch", False, f"not installed (study and critique work without): {line}")]
    import torch

    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU build"
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()} cores"
    return [
        ("torch", True, f"{torch.__version__}, {build}"),
        ("device", True, f"{device}, {threads}"),
    ]


def _model() -> Row:
    from ...tools.bundled import gguf_file
    from ..config import cache_folder

    try:
        source = gguf_file()
    except Exception as error:
        return "model", False, str(error)
    made = sorted((cache_folder() / "models").glob("smollm2*/config.json"))
    where = f"converted at {made[-1].parent}" if made else "converted at first use (about 270 MB)"
    return "model", True, f"{source.name}; {where}"


def _sandbox() -> Row:
    if shutil.which("bwrap"):
        done = subprocess.run(
            ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"],
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return "sandbox", True, "bubblewrap, own namespaces"
    done = subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True, check=False)
    if done.returncode == 0:
        return "sandbox", True, "unshare, own namespaces"
    return "sandbox", False, "no namespaces here; install bubblewrap"


def _browser() -> Row:
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    return "browser", bool(found), Path(found).name if found else "none found (reports need none)"


def _chat(provider: str | None, model: str | None, online: bool) -> list[Row]:
    from ...agent.chat.check import check_chat

    return [("chat", ok, text) for ok, text in check_chat(provider, model, online=online)]
