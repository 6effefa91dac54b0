"""Runs one job inside its fork: the sources in one namespace, then every `test_…` function."""

import ast
import json
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from .jobs import Job

_LONGEST = 2000


def run_cell(job: Job, folder: str, report: Callable[[str], None]) -> None:
    """Write the job's files, run its parts and call its tests, telling `report` a line each.

    A report line is JSON: a test's name, whether it passed and its message, or an error that
    ended the run.
    """
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    for name, text in job.files:
        Path(folder, name).write_text(text, encoding="utf-8")
    space: dict[str, Any] = {"__name__": "exercise"}
    for name, source in job.parts:
        file = f"<{name}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        try:
            exec(compile(source, file, "exec", dont_inherit=True), space)
        except BaseException as error:
            report(json.dumps({"error": f"{name}: {_told(error)}"[:_LONGEST]}))
            return
    tests = [n for n, v in space.items() if n.startswith("test_") and isinstance(v, FunctionType)]
    for name in tests:
        try:
            space[name]()
        except BaseException as error:
            line = {"test": name, "passed": False, "message": _told(error)[:_LONGEST]}
        else:
            line = {"test": name, "passed": True, "message": ""}
        report(json.dumps(line))
        if not (line["passed"] or job.every_test):
            break
    report(json.dumps({"done": True}))


def _told(error: BaseException) -> str:
    """The exception in one or two lines: what, and where in the learner's own source."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} (line {error.lineno})"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
    text = str(error).strip()
    if isinstance(error, AssertionError):
        if not text and frames and frames[-1].line:
            text = f"this does not hold: {_condition(frames[-1].line)}"
        return text or "an assertion failed"
    where = next((f for f in reversed(frames) if f.filename == "<yours>"), None)
    place = f" (your line {where.lineno}: {where.line})" if where else ""
    return f"{type(error).__name__}: {text}{place}".strip()


def _condition(line: str) -> str:
    try:
        node = ast.parse(line).body[0]
    except SyntaxError:
        return line
    return ast.unparse(node.test) if isinstance(node, ast.Assert) else line
