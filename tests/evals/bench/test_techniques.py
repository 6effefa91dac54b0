"""The page of techniques: what works, what does not, and controls that cry wolf."""

from pathlib import Path

from mechmentor.evals.bench.techniques import Found, broken, page, runs
from mechmentor.tools import catalog

NEURON = {"token_score": 0.4, "token_score_random": 0.6}


def found(name: str, beyond: bool | None, *, empty: bool = False) -> Found:
    data = NEURON if "neuron" in name else {}
    return Found(name, "probe", empty, beyond, f"{name} said | so", data, {})


def test_every_call_is_valid_and_some_hold_nothing(tmp_path: Path) -> None:
    calls = runs(tmp_path)
    for call in calls:
        catalog.load(call.tool).args(**call.arguments)
    assert sum(call.empty for call in calls) >= 4
    assert len({call.name for call in calls}) == len(calls)


def test_the_page_says_what_does_not_work_and_which_controls_came_out_as_an_effect() -> None:
    rows = [
        found("truth", True),
        found("refusal", False),
        found("neuron 0", True),
        found("neuron 1", False),
        found("noise", False, empty=True),
        found("shuffled", True, empty=True),
    ]
    text = page("a model", rows)
    assert "| truth | `probe` | beyond control | truth said \\| so |" in text
    assert "| noise (control) | `probe` | no effect beyond control |" in text
    assert "Of 2 calls with nothing to find, 1 came out as an effect: shuffled." in text
    below = text.split("## What does not work here")[1]
    assert "- refusal: refusal said" in below
    assert "1 of 2 neurons" in below
    assert "noise" not in below
    assert "truth" not in below
    assert broken(rows) == ["shuffled"]


def test_the_page_says_where_one_gradient_misleads_and_only_there() -> None:
    def attributed(steps: int, r: float) -> Found:
        data = {"path_steps": steps, "correlation": r}
        return Found(f"by {steps}", "attribution_patching", False, True, "said", data, {})

    text = page("a model", [attributed(1, -0.09), attributed(8, 0.86)])
    assert "-0.09 from 1 gradient(s), 0.86 from 8 gradient(s)" in text
    assert "gradient(s)" not in page("a model", [attributed(1, 0.93), attributed(8, 0.95)])


def test_each_strength_stands_beside_its_band() -> None:
    strengths = [
        {"coefficient": c, "next_token": 1.0, "next_token_band": band, "text": 2.0,
         "text_band": band, "distinct_2": 0.9, "loss": loss}
        for c, band, loss in ((-0.5, [1.5, 3.0], 1.0), (0.0, None, None))
    ]  # fmt: skip
    row = Found("text", "steering", False, True, "so", {"strengths": strengths}, {})
    text = page("a model", [row])
    assert "| text | -0.5 | 1.00* [1.50, 3.00] | 2.00 [1.50, 3.00] | 0.90 | 1.00 |" in text
    assert "| text | +0 | 1.00 | 2.00 | 0.90 | – |" in text
