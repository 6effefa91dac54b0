"""The public pool of nouns and the draw by seed."""

import pytest

from mechmentor.evals.organisms.pool import draw, pool, shuffled


def test_the_pool_is_large_and_has_no_doubles() -> None:
    assert len(pool()) > 6000
    assert len(set(pool())) == len(pool())
    assert {"abacus", "mailbox", "ice-cream"} <= set(pool())


def test_a_seed_always_gives_the_same_noun() -> None:
    assert [draw(seed) for seed in range(5)] == [draw(seed) for seed in range(5)]


def test_seeds_spread_over_the_pool() -> None:
    assert len({draw(seed) for seed in range(300)}) > 270


def test_a_rule_passes_over_nouns_in_the_order_of_the_draw() -> None:
    order = shuffled(11)
    wanted = order[3]
    assert draw(11, lambda noun: noun not in order[:3]) == wanted


def test_a_rule_that_no_noun_obeys_is_an_error() -> None:
    with pytest.raises(ValueError, match="relax the rule"):
        draw(0, lambda noun: False)
