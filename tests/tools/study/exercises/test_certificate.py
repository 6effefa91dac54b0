"""The certificate refuses exercises whose tests are too weak, too strict, or not about the task."""

from collections.abc import Iterator

import pytest

from mechmentor.tools.study.exercises import bank
from mechmentor.tools.study.exercises.certify import certify
from mechmentor.tools.study.exercises.code import blank
from mechmentor.tools.study.exercises.types import Choice, Coding, Maths, Written
from mechmentor.tools.study.sandbox.box import Sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


@pytest.fixture
def good() -> Coding:
    exercise = bank.find("induction-score")
    assert isinstance(exercise, Coding)
    return exercise


def failed(exercise: object, box: Sandbox) -> dict[str, str]:
    certificate = certify(exercise, "text", box)  # type: ignore[arg-type]
    return {c.name: c.found for c in certificate.checks if not c.passed}


def test_a_good_exercise_is_certified(good: Coding, box: Sandbox) -> None:
    certificate = certify(good, "text", box)
    assert certificate.passed
    assert certificate.level == box.level
    assert "certified" in str(certificate)


def test_a_shape_only_test_is_refused(good: Coding, box: Sandbox) -> None:
    shapes = (
        "def test_shape():\n"
        "    got = induction_scores(torch.rand(2, 3, 7, 7), 4)\n"
        "    assert got.shape == (2, 3)\n"
    )
    why = failed(good.model_copy(update={"tests": shapes}), box)
    assert "passes every test" in why["misconceptions"]
    assert "alive" in why["mutants"]


def test_an_over_strict_test_is_refused(good: Coding, box: Sandbox) -> None:
    strict = good.tests + (
        "def test_exact():\n"
        "    import inspect\n"
        "    got = induction_scores(torch.rand(2, 3, 7, 7), 4)\n"
        "    assert got.dtype == torch.float32 and 'loop' not in got.__class__.__name__\n"
        "    assert torch.equal(induction_scores(P := torch.arange(98.).reshape(1, 2, 7, 7) / 3, 4),\n"
        "        P[:, :, [4, 5, 6], [1, 2, 3]].mean(dim=-1))\n"
    )
    other = "def induction_scores(patterns, n):\n    q = range(n, patterns.shape[2])\n" + (
        "    return (sum(patterns[:, :, p, p - n + 1].double() for p in q) / len(q))\n"
    )
    changed = good.model_copy(update={"tests": strict, "others": {**good.others, "wide": other}})
    why = failed(changed, box)
    assert "refuse the right solution" in why["other right solutions"]


def test_a_wrong_reference_is_refused(good: Coding, box: Sandbox) -> None:
    wrong = good.model_copy(update={"solution": good.solution.replace("+ 1", "+ 2")})
    assert list(failed(wrong, box)) == ["reference"]


def test_a_blank_that_passes_is_refused(good: Coding, box: Sandbox) -> None:
    empty = good.model_copy(update={"tests": "def test_nothing():\n    assert True\n"})
    assert "blank" in failed(empty, box)


def test_the_reference_twice_is_no_other_solution(good: Coding, box: Sandbox) -> None:
    twice = good.solution.replace("queries", "rows").replace("keys", "columns")
    changed = good.model_copy(update={"others": {**good.others, "mine": twice}})
    assert "again" in failed(changed, box)["other right solutions"]


def test_an_equivalence_needs_a_reason_and_equal_outputs(good: Coding, box: Sandbox) -> None:
    none = good.model_copy(update={"equivalents": {}})
    assert "2 to 3" in failed(none, box)["mutants"]
    # A test that misses an off-by-one mutant, excused with a false reason.
    lax = good.model_copy(
        update={
            "tests": good.tests.split("def test_a_block_of_one")[0],
            "equivalents": {**good.equivalents, "1 to 2": "It makes no difference, I am sure."},
        }
    )
    assert "no mutant survives" in failed(lax, box)["equivalent mutants"]
    weak = "def test_w():\n    assert induction_scores(torch.ones(1, 1, 6, 6), 3).item() == 1\n"
    false = {"1 to 2": "It makes no difference, I am sure."}
    lied = failed(good.model_copy(update={"tests": weak, "equivalents": false}), box)
    assert "named equivalent, yet 1 to 2" in lied["equivalent mutants"]


def test_the_blank_keeps_signature_and_docstring(good: Coding) -> None:
    text = blank(good)
    assert '"""Mean weight from the second copy' in text
    assert "NotImplementedError" in text
    assert "torch.arange" not in text


def test_maths_needs_an_independent_computation(box: Sandbox) -> None:
    exercise = bank.find("bayes-detector")
    assert isinstance(exercise, Maths)
    assert not failed(exercise, box)
    assert "computed again" in failed(exercise.model_copy(update={"answer": "0.2"}), box)
    only = exercise.model_copy(update={"check": "def answer():\n    return 0.154\n"})
    assert "check computes" in failed(only, box)
    lax = exercise.model_copy(update={"wrong": {"0.1541": "too near", "0.9": "the other way"}})
    assert "misconceptions" in failed(lax, box)


def test_the_right_option_must_not_be_the_longest(box: Sandbox) -> None:
    exercise = bank.find("kl-direction")
    assert isinstance(exercise, Choice)
    long = [
        o.model_copy(update={"text": o.text + " in each and every case"}) if o.correct else o
        for o in exercise.options
    ]
    assert "length" in failed(exercise.model_copy(update={"options": tuple(long)}), box)


def test_marks_must_agree_with_what_is_known(box: Sandbox) -> None:
    exercise = bank.find("describe-linear-probe")
    assert isinstance(exercise, Written)
    assert not failed(exercise, box)
    deaf = {k: p.model_copy(update={"any": ("zebra",)}) for k, p in exercise.points.items()}
    assert "marks by words" in failed(exercise.model_copy(update={"points": deaf}), box)
    assert "samples" in failed(exercise.model_copy(update={"samples": exercise.samples[:3]}), box)
