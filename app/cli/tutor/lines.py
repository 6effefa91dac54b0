"""Where a person's words come from: the keyboard with history, a pipe, a file, an editor."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..exits import Stop

_MOST_HISTORY = 1000


def text_of(named: str) -> str:
    """A question as given: the words themselves, or `-`, `edit`, or the name of a file."""
    if named in ("-", "edit") or (len(named) < 256 and Path(named).is_file()):
        from ..context import read_text

        return read_text(named)
    return named


def typed() -> Iterator[str]:
    """Turns from the standard input: with history and line editing at a keyboard."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    history = _history()
    while True:
        try:
            line = input("\n> ")
        except EOFError:
            print(file=sys.stderr)
            return
        if history is not None:
            _keep(history)
        yield line


def edited(start: str = "") -> str:
    """A text written in `$VISUAL` or `$EDITOR`.

    Raises:
        Stop: If no editor is named, it fails, or the text is empty.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise Stop("no editor is named; set EDITOR, or give a file or -")
    handle, name = tempfile.mkstemp(prefix="mechmentor-", suffix=".md")
    path = Path(name)
    try:
        os.write(handle, start.encode())
        os.close(handle)
        try:
            code = subprocess.run([*shlex.split(editor), name], check=False).returncode
        except OSError as error:
            raise Stop(f"the editor {editor!r} cannot be started: {error.strerror}") from None
        if code:
            raise Stop(f"the editor {editor!r} ended with {code}; nothing was taken")
        text = path.read_text(encoding="utf-8", errors="replace")
    finally:
        path.unlink(missing_ok=True)
    if not text.strip():
        raise Stop("the text is empty")
    return text


def _history() -> Path | None:
    """The file of earlier lines, loaded; None where this Python has no line editing."""
    try:
        import readline
    except ImportError:
        return None
    from ....agent.chat.spending import data_folder

    path = data_folder() / "chat_history"
    readline.set_history_length(_MOST_HISTORY)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        readline.read_history_file(path)
    except OSError:
        return None
    return path


def _keep(path: Path) -> None:
    import readline

    try:
        readline.write_history_file(path)
    except OSError:
        return  # a full disk must not end a talk
