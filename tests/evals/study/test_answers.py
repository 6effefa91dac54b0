"""Discrimination: counts, interval over units, what stays unknown."""

from mechmentor.evals.study.answers import Answer, discriminate
from mechmentor.evals.study.feedback import items
from mechmentor.evals.study.suite import spread


def answer(unit: int, flawed: bool, said: bool, dollars: float | None = 0.0) -> Answer:
    return Answer(
        task="t", player="p", item=f"{unit}-{flawed}", unit=str(unit), group="g",
        flawed=flawed, said=said, dollars=dollars,
    )  # fmt: skip


def test_a_perfect_player_never_passes_one() -> None:
    rows = [answer(n, True, True) for n in range(6)] + [answer(n, False, False) for n in range(3)]
    found = discriminate(rows)
    assert (found.score, found.high) == (1.0, 1.0)


def test_all_or_nothing_scores_nothing() -> None:
    for said in (True, False):
        rows = [answer(n, flawed, said) for n in range(5) for flawed in (True, False)]
        found = discriminate(rows)
        assert (found.score, found.low, found.high) == (0.0, 0.0, 0.0)


def test_one_side_has_no_score_and_an_unknown_price_stays_unknown() -> None:
    found = discriminate([answer(0, True, True, None), answer(1, True, False, 0.5)])
    assert found.score is None
    assert found.dollars is None
    assert found.shown() == "–"


def test_a_sample_has_both_kinds() -> None:
    chosen = spread(items(), 9)
    assert len(chosen) == 9
    assert sum(i.flawed for i in chosen) in (4, 5)
    assert len({i.unit for i in chosen}) > 3
    assert spread(items(), None) == items()


def test_each_pair_has_two_twins_under_each_framing() -> None:
    found = items()
    assert len({i.unit for i in found}) >= 12
    assert len(found) == 2 * 8 * len({i.unit for i in found})
