"""Certificates of the kinds that need no mutants of code: maths, choice, texts by points."""

import ast
import math

from ..sandbox.box import Sandbox
from ..sandbox.jobs import Job
from .answers import NotANumber, Numbers, numbers, right
from .certificate import Check
from .points import Marks, by_words, read_sheet, score, sheet
from .types import Choice, Maths, Written

LEAST_FORMS, LEAST_SAMPLES = 2, 6
LEAST_AGREEMENT = 0.9


def certify_maths(exercise: Maths, box: Sandbox) -> list[Check]:
    """The answer is computed again; other forms pass; blanks, misconceptions, near values die."""
    try:
        value = numbers(exercise.answer)
    except NotANumber as error:
        return [Check(name="reference", passed=False, found=str(error))]
    test = (
        "from math import isclose\n"
        f"_EXPECTED = {value!r}\n"
        "def _same(a, b):\n"
        "    if hasattr(a, 'tolist'):\n        a = a.tolist()\n"
        "    if isinstance(b, list):\n"
        "        return len(a) == len(b) and all(map(_same, a, b))\n"
        f"    return isclose(a, b, rel_tol={max(exercise.tolerance / 2, 1e-9)}, abs_tol=1e-9)\n"
        "def test_answer():\n"
        "    got = answer()\n"
        "    assert _same(got, _EXPECTED), f'computed {got}'\n"
    )
    computed = box.run(Job(parts=(("check", exercise.check), ("compare", test))))
    said = computed.error or "; ".join(t.message for t in computed.tests if not t.passed)
    checks = [
        Check(name="computed again", passed=computed.passed, found=said or f"{exercise.answer}"),
        _computes(exercise),
    ]
    refused = [f for f in exercise.also if not right(f, exercise.answer, exercise.tolerance)]
    enough = len(set(exercise.also) - {exercise.answer}) >= LEAST_FORMS
    said = f"refused: {refused[0]}" if refused else f"{len(exercise.also)} pass"
    checks.append(Check(name="other right forms", passed=enough and not refused, found=said))
    wrong = [w for w in exercise.wrong if right(w, exercise.answer, exercise.tolerance)]
    unread = [w for w in exercise.wrong if not _readable(w)]
    said = f"accepted or unreadable: {(wrong + unread)[:1]}" if wrong or unread else ""
    fine = len(exercise.wrong) >= LEAST_FORMS and not wrong and not unread
    checks.append(
        Check(name="misconceptions", passed=fine, found=said or f"{len(exercise.wrong)} die")
    )
    near = _neighbours(value, exercise.tolerance)
    alive = [n for n in near if right(n, exercise.answer, exercise.tolerance)]
    said = f"accepted: {alive[0]!r}" if alive else f"{len(near)} die, the blank among them"
    checks.append(Check(name="wrong values", passed=not alive and len(near) > 3, found=said))
    return checks


def _computes(exercise: Maths) -> Check:
    """A check that only repeats the answer computes nothing."""
    name = "check computes"
    try:
        tree = ast.parse(exercise.check)
    except SyntaxError as error:
        return Check(name=name, passed=False, found=str(error.msg))
    works = [n for n in ast.walk(tree) if isinstance(n, ast.Call | ast.BinOp | ast.For)]
    return Check(name=name, passed=bool(works), found=f"{len(works)} operations")


def _readable(text: str) -> bool:
    try:
        numbers(text)
    except NotANumber:
        return False
    return True


def _neighbours(value: Numbers, tolerance: float) -> list[str]:
    """Answers that must be refused: blank, nearby, of another shape, each entry changed."""
    step = max(3 * tolerance, 1e-3)
    if not isinstance(value, list):
        changed = [value * (1 + step), value * (1 - step), -value, value + 1, value * 2, value / 2]
        kept = {x for x in changed if not math.isclose(x, value, abs_tol=1e-12)}
        return ["", "I do not know", f"[{value!r}, 0]", *map(repr, sorted(kept))]
    flat = ["", "0", repr([*value, 0.0])]
    for index, item in enumerate(value):
        for other in _neighbours(item, tolerance)[3:]:
            flat.append(repr([*value[:index], numbers(other), *value[index + 1 :]]))
    if value[::-1] != value:
        flat.append(repr(value[::-1]))
    return flat


def certify_choice(exercise: Choice) -> list[Check]:
    """One right option, a reason for each, and nothing in form that gives it away."""
    whys = [o.text for o in exercise.options if len(o.why) < 10]
    checks = [
        Check(
            name="reasons",
            passed=not whys,
            found=f"no reason for: {whys[0]}" if whys else f"{len(exercise.options)} reasons",
        )
    ]
    lengths = [len(o.text) for o in exercise.options]
    wrong = max(n for i, n in enumerate(lengths) if i != exercise.right)
    share = lengths[exercise.right] / wrong
    checks.append(
        Check(
            name="length",
            passed=share <= 1.25,
            found=f"the right option is {share:.2f} × the longest wrong one (at most 1.25)",
        )
    )
    tells = ("all of the above", "none of the above", "both a and b")
    told = [o.text for o in exercise.options if any(t in o.text.lower() for t in tells)]
    checks.append(
        Check(name="no tell-tale options", passed=not told, found=told[0] if told else "none")
    )
    return checks


def certify_written(exercise: Written) -> list[Check]:
    """Marks by words and by sheet are scored against samples whose points are known."""
    name = "samples"
    if len(exercise.samples) < LEAST_SAMPLES:
        return [Check(name=name, passed=False, found=f"{len(exercise.samples)} of {LEAST_SAMPLES}")]
    full = [s for s in exercise.samples if set(s.has) == set(exercise.points) and not s.mistakes]
    partial = [s for s in exercise.samples if 0 < len(s.has) < len(exercise.points)]
    flawed = [s for s in exercise.samples if s.mistakes]
    mixed = bool(full and partial and (flawed or not exercise.mistakes))
    said = f"{len(full)} complete, {len(partial)} partial, {len(flawed)} with mistakes"
    checks = [Check(name=name, passed=mixed, found=f"{len(exercise.samples)}: {said}")]
    agreed = total = 0
    worst = ""
    for number, sample in enumerate(exercise.samples, 1):
        marks = by_words(exercise, sample.text)
        for found, known, keys in (
            (marks.made, sample.has, exercise.points),
            (marks.mistakes, sample.mistakes, exercise.mistakes),
        ):
            odd = set(found) ^ set(known)
            agreed += len(keys) - len(odd)
            total += len(keys)
            if odd and not worst:
                worst = f"; e.g. sample {number}: {', '.join(sorted(odd))}"
    share = agreed / total
    checks.append(
        Check(
            name="marks by words",
            passed=share >= LEAST_AGREEMENT,
            found=f"{agreed} of {total} as known ({share:.0%}){worst}",
        )
    )
    checks.append(_sheets(exercise))
    blank = by_words(exercise, "")
    gap = min((_known(exercise, s).score for s in full), default=0.0)
    low = min(_known(exercise, s).score for s in exercise.samples)
    checks.append(
        Check(
            name="blank and spread",
            passed=blank.score == 0 and gap == 1 and low <= 0.5,
            found=f"blank {blank.score:g}, worst sample {low:g}, complete sample {gap:g}",
        )
    )
    return checks


def _known(exercise: Written, sample: object) -> Marks:
    has, mistakes = getattr(sample, "has", ()), getattr(sample, "mistakes", ())
    return score(exercise, set(has), set(mistakes))


def _sheets(exercise: Written) -> Check:
    """A sheet corrected to what is known must give back the known marks."""
    bad = 0
    for sample in exercise.samples:
        known = _known(exercise, sample)
        bad += read_sheet(exercise, sheet(exercise, known)) != known
    total = len(exercise.samples)
    return Check(name="sheets", passed=not bad, found=f"{total - bad} of {total} read back")
