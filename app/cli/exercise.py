"""`exercise list|do|hint|grade|check|export|new`: practice whose tests are proved."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .exits import FINDINGS, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...tools.study.exercises.certificate import Certificate
    from ...tools.study.exercises.types import Exercise


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Exercises that are proved.", rich_markup_mode=None)
    group.command("list")(list_exercises)
    for command in (do, hint, grade, check, export):
        group.command()(command)
    from .exercise_new import from_run, new

    group.command()(new)
    group.command("from-run")(from_run)
    app.add_typer(group, name="exercise", no_args_is_help=True)


def list_exercises(
    kind: str = typer.Option(None, help="Only this kind."),
    topic: str = typer.Option(None, help="Only this topic."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """List the exercises that are certified, and what you have done."""
    from ...tools.study.exercises import bank, progress
    from ...tools.study.exercises.certify import read_table, standing

    tables = {folder: read_table(folder) for folder in bank.folders()}
    done = progress.best()
    rows = []
    for path in bank.files():
        exercise = _read(path)
        folder = bank.BANK if path.is_relative_to(bank.BANK) else bank.own_folder()
        certificate = standing(path, tables[folder])
        if kind not in (None, exercise.kind) or topic not in (None, exercise.topic):
            continue
        rows.append(
            {
                "id": exercise.id,
                "kind": exercise.kind,
                "topic": exercise.topic,
                "minutes": exercise.minutes,
                "title": exercise.title,
                "certified": bool(certificate and certificate.passed),
                "score": done.get(exercise.id, {}).get("score"),
                "passed": bool(done.get(exercise.id, {}).get("passed")),
            }
        )
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    offered = [row for row in rows if row["certified"]]
    for row in sorted(offered, key=lambda r: (str(r["topic"]), str(r["kind"]), str(r["id"]))):
        mark = "✓" if row["passed"] else "·" if row["score"] is None else f"{row['score']:.0%}"
        head = f"{mark:<4}{row['id']:<34} {row['kind']:<9} {row['minutes']:>3} min"
        print(f"{head}  {row['topic']:<16} {row['title']}")
    left = len(rows) - len(offered)
    note = f"; {left} without a standing certificate are not offered" if left else ""
    print(f"{len(offered)} exercises{note}", file=sys.stderr)
    if said := progress.calibration():
        print(said, file=sys.stderr)
    return 0


def do(
    name: str = typer.Argument(..., help="An exercise's id or file."),
    notebook: bool = typer.Option(False, "--notebook", help="A notebook in place of a .py file."),
    again: bool = typer.Option(False, "--again", help="Start afresh; replaces your file."),
) -> int:
    """Write the file to fill in, and say how to go on."""
    from ...tools.study.exercises import workfile

    exercise, certificate = _offered(name)
    try:
        path = workfile.write(exercise, notebook=notebook, again=again)
    except FileExistsError as error:
        raise Stop(str(error)) from None
    print(path)
    opened = "jupyter lab" if notebook else "your editor"
    print(
        f"{exercise.title} (about {exercise.minutes} min)\n"
        f"open it in {opened}: {path}\n"
        f"then: mechmentor exercise grade {exercise.id}"
        + (f"   (hints: {len(exercise.hints)})" if exercise.hints else "")
        + f"\n{certificate}",
        file=sys.stderr,
    )
    return 0


def hint(name: str = typer.Argument(..., help="An exercise's id.")) -> int:
    """The next hint, from gentle to nearly the answer."""
    from ...tools.study.exercises import progress

    exercise = _found(name)
    if not exercise.hints:
        raise Stop(f"{exercise.id} has no hints", 0)
    taken = progress.keep_hint(exercise.id)
    number = min(taken, len(exercise.hints) - 1)
    print(f"hint {number + 1} of {len(exercise.hints)}: {exercise.hints[number]}")
    return 0


def grade(
    name: str = typer.Argument(..., help="An exercise's id."),
    file: Path = typer.Option(None, help="Your file, if it lies elsewhere."),
    watch: bool = typer.Option(False, "--watch", help="Grade again at each saving; Ctrl-C ends."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Grade your file; code runs in the sandbox."""
    from ...tools.study.exercises import workfile

    exercise = _found(name)
    path = file or workfile.find_work(exercise)
    if not path.is_file():
        raise Stop(f"no file {path}")
    if exercise.kind == "coding":
        _say_walls()
    if not watch:
        return _grade_once(exercise, path, as_json)
    import time

    _note(f"watching {path}; Ctrl-C ends")
    stamp = 0
    while True:
        now = path.stat().st_mtime_ns if path.exists() else stamp
        if now != stamp:
            try:
                _grade_once(exercise, path, as_json)
            except Stop as stop:  # a file saved half done ends nothing
                _note(str(stop))
            stamp = path.stat().st_mtime_ns if path.exists() else now
        time.sleep(0.3)


def _grade_once(exercise: "Exercise", path: Path, as_json: bool) -> int:
    from ...tools.study.exercises import progress
    from ...tools.study.exercises.grade import Unfilled
    from ...tools.study.exercises.grade import grade as graded
    from ..live import LiveView

    view = LiveView(sys.stderr)
    try:
        result = graded(exercise, path, view.on_progress)
    except (Unfilled, ValueError) as error:
        raise Stop(str(error)) from None
    finally:
        view.close()
    if result.finished:
        progress.keep(result)
    if as_json:
        print(result.model_dump_json())
    else:
        for line in result.lines:
            print(line)
        if result.finished:
            print(f"score {result.score:.0%}" + (", done" if result.passed else ""))
        if result.passed and exercise.explanation:
            print(f"\n{exercise.explanation.strip()}")
        if result.guesses:
            print(progress.calibration(), file=sys.stderr)
    return 0 if result.passed or not result.finished else FINDINGS


def check(
    names: list[str] = typer.Argument(None, help="Ids or files; none: with --all or --changed."),
    everything: bool = typer.Option(False, "--all", help="The whole bank."),
    changed: bool = typer.Option(False, "--changed", help="What has no standing certificate."),
    turn: str = typer.Option(
        None, help="With --changed: also a tenth of the bank, by number or as `today` has it."
    ),
    yes: bool = typer.Option(False, "--yes", help="Run code of files outside the bank unasked."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> int:
    """Certify exercises; an interrupted run of --all goes on where it stopped.

    A file that a language model wrote can be checked by its path.
    """
    from ...tools.study.exercises import bank
    from ...tools.study.exercises.certify import certify_all, read_table, wanted

    folder = bank.BANK
    results = []
    certificates: "Iterator[Certificate]"
    if names:
        found = []
        for path in (_path(name) for name in names):
            exercise = _read(path)
            if exercise.kind in ("coding", "maths") and not path.is_relative_to(bank.BANK):
                _ask_for_code(yes)
            found.append(path)
        certificates = map(_certified, found)
    elif everything or changed:
        paths = [p for p in bank.files() if p.is_relative_to(folder)]
        todo = wanted(paths, read_table(folder), _turn(turn) if changed else None)
        _note(f"{len(todo)} of {len(paths)} to certify")
        certificates = certify_all(folder, todo, _note)
    else:
        raise Stop("name an exercise, or say --all or --changed")
    for certificate in certificates:
        results.append(certificate)
        if not as_json:
            print(certificate, flush=True)
    if as_json:
        print(json.dumps([{**c.model_dump(mode="json"), "passed": c.passed} for c in results]))
    return 0 if all(c.passed for c in results) else FINDINGS


def _turn(word: str | None) -> int | None:
    from ...tools.study.exercises.certify import turn_of_today

    if word in (None, "today"):
        return turn_of_today() if word else None
    if not str(word).isdigit():
        raise Stop(f"--turn {word!r} is neither a number nor `today`")
    return int(str(word))


def export(
    name: str = typer.Argument(..., help="An exercise's id."),
    out: Path = typer.Argument(..., help="A .py, .ipynb or .md file."),
    solution: bool = typer.Option(False, "--solution", help="With the solution filled in."),
) -> int:
    """Write an exercise as a file to hand on, without the solution unless it is asked for."""
    from ...tools.study.exercises import code, percent, workfile
    from ...tools.study.exercises.types import Coding

    exercise = _found(name)
    if isinstance(exercise, Coding) and out.suffix in (".py", ".ipynb"):
        body = exercise.solution if solution else code.blank(exercise)
        cells = workfile.cells_of(exercise, body)
        if solution:
            cells.append(percent.Cell("code", exercise.tests))
        text = percent.to_notebook(cells) if out.suffix == ".ipynb" else percent.to_percent(cells)
    elif out.suffix == ".md":
        whole = solution or isinstance(exercise, Coding)
        text = _path(name).read_text("utf-8") if whole and solution else workfile.text_of(exercise)
    else:
        raise Stop(f"{exercise.id} is a {exercise.kind} exercise; export it to a .md file")
    if out.exists():
        raise Stop(f"{out} is there already")
    out.write_text(text, encoding="utf-8")
    print(out)
    return 0


def _certified(path: Path) -> "Certificate":
    """Certify one file; kept where the file lies in the bank or in the learner's folder."""
    from ...tools.study.exercises import bank
    from ...tools.study.exercises.certify import certify, keep_certificate

    certificate = certify(_read(path), path.read_text(encoding="utf-8"))
    for folder in bank.folders():
        if path.resolve().is_relative_to(folder.resolve()):
            keep_certificate(folder, certificate)
    return certificate


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _say_walls() -> None:
    from ...tools.study.sandbox.box import best_level, describe

    if best_level() == "limits":
        _note(describe("limits"))


def _ask_for_code(yes: bool) -> None:
    """Code that somebody else wrote runs freely only where namespaces hold it."""
    from ...tools.study.sandbox.box import best_level, describe

    level = best_level()
    if level != "limits" or yes:
        return
    _note(describe(level))
    if not sys.stdin.isatty():
        raise Stop("code from elsewhere would run with your rights; say --yes to allow it")
    print("run it all the same? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Stop("nothing was run", 0)


def _path(name: str) -> Path:
    from ...tools.study.exercises import bank

    return bank.path_of(name)


def _read(path: Path) -> "Exercise":
    from ...tools.study.exercises import bank
    from ...tools.study.exercises.parse import FormatError

    try:
        return bank.read(path)
    except FormatError as error:
        raise Stop(str(error)) from None


def _found(name: str) -> "Exercise":
    return _read(_path(name))


def _offered(name: str) -> tuple["Exercise", str]:
    """An exercise and the head of its certificate.

    Raises:
        Stop: If it has no standing certificate.
    """
    from ...tools.study.exercises import bank
    from ...tools.study.exercises.certify import read_table, standing

    path = _path(name)
    exercise = _read(path)
    inside = path.is_relative_to(bank.BANK)
    certificate = standing(path, read_table(bank.BANK if inside else bank.own_folder()))
    if certificate is None:
        raise Stop(f"{exercise.id} has no standing certificate: mechmentor exercise check {name}")
    if not certificate.passed:
        raise Stop(f"{exercise.id} is not certified: {certificate.reason}")
    return exercise, certificate.to_learner()
