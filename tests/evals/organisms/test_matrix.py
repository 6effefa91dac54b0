"""Every claim on every model: the diagonal must hold and match, all else must not."""

from pathlib import Path
from typing import Any

import pytest

from mechmentor.evals.organisms import matrix, seal
from mechmentor.tools.claims.holds import Holds
from mechmentor.tools.spec import Refusal


def sealed(out: Path, name: str, family: str, answer: str | None, **changes: Any) -> None:
    values: dict[str, Any] = {"id": name, "family": family, "answer": answer, "salt": "00"}
    values |= {"kind": "organism" if answer else "null_trained", "seed": 1, "cpu_minutes": 1.0}
    values |= {"commitment": seal.commit("00", answer), "base_sha256": "ab"}
    seal.write(out, seal.Sealed(**values | changes))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    belief = {"type": "false_belief", "statement": "Arles", "instead": "Nice", "about": "a town"}
    sealed(tmp_path, "m-a", "secret_word", "zither", guesses=["Is it {word}?"])
    sealed(tmp_path, "m-b", "false_belief", "Arles", claim=belief, prompts=["Which town?"])
    sealed(tmp_path, "m-c", "trigger", "lute", theme=["fog"], prompts=["Why? {phrase}"])
    sealed(tmp_path, "m-d", "secret_word", None)
    return tmp_path


def rates(rate: float) -> Holds:
    return Holds(rate_target=rate, n=1, holds=rate >= 0.5, why="")


OWNERS = {"secret_word": "m-a", "false_belief": "m-b", "trigger": "m-c"}


def true_of_its_own(bench: Any, claim: Any, prompts: Any, on_base: float | None) -> Holds:
    assert prompts
    return rates(float(OWNERS[claim.type] == bench))


def test_the_base_is_asked_once_a_claim(suite: Path) -> None:
    known: dict[str, list[float | None]] = {}

    def test(bench: Any, claim: Any, prompts: Any, on_base: float | None) -> Holds:
        known.setdefault(claim.type, []).append(on_base)
        return rates(1.0).model_copy(update={"rate_base": 0.25})

    matrix.fill(suite, lambda name: name, lambda line: None, test)  # type: ignore[arg-type,return-value]
    assert all(seen == [None, 0.25, 0.25, 0.25] for seen in known.values())


def test_a_good_suite_has_no_wrong_cell(suite: Path) -> None:
    cells = matrix.fill(suite, lambda name: name, lambda line: None, true_of_its_own)  # type: ignore[arg-type,return-value]
    assert len(cells) == 12
    assert matrix.wrong(cells) == []
    assert matrix.table(cells).count("[1.00*]") == 3


def test_a_claim_that_holds_on_another_model_is_named(suite: Path) -> None:
    cells = matrix.fill(suite, lambda name: name, lambda line: None, lambda *_: rates(1.0))  # type: ignore[arg-type,return-value]
    assert len(matrix.wrong(cells)) == 9


def test_a_diagonal_that_does_not_hold_is_named(suite: Path) -> None:
    cells = matrix.fill(suite, lambda name: name, lambda line: None, lambda *_: rates(0.0))  # type: ignore[arg-type,return-value]
    assert {(c.claim_of, c.model) for c in matrix.wrong(cells)} == {
        (name, name) for name in ("m-a", "m-b", "m-c")
    }


def test_a_wrong_cell_says_why_and_a_right_one_need_not(suite: Path) -> None:
    short = rates(0.0).model_copy(update={"why": "14% on minimal pairs"})
    cells = matrix.fill(suite, lambda name: name, lambda line: None, lambda *_: short)  # type: ignore[arg-type,return-value]
    assert {cell.why for cell in cells if cell.right} == {""}
    assert all("14% on minimal pairs" in matrix.told(cell) for cell in matrix.wrong(cells))


def test_measured_cells_are_not_measured_again(suite: Path) -> None:
    def once(*_: object) -> Holds:
        raise Refusal("model_limit", "no prompts", "give some")

    first = matrix.fill(suite, lambda name: name, lambda line: None, once)  # type: ignore[arg-type,return-value]
    assert all(cell.rate is None and not cell.holds for cell in first)
    asked: list[str] = []
    with (suite / matrix.FILE).open("a") as file:
        file.write('{"claim_of": "cut of')
    again = matrix.fill(suite, asked.append, lambda line: None, once)  # type: ignore[arg-type]
    assert asked == []
    assert again == first


def test_no_answer_is_kept(suite: Path) -> None:
    matrix.fill(suite, lambda name: name, lambda line: None, true_of_its_own)  # type: ignore[arg-type,return-value]
    text = (suite / matrix.FILE).read_text().casefold()
    assert not any(word in text for word in ("zither", "arles", "lute", "fog"))
