"""The gate table tells figures and no answer; the trivial separators are compared fairly."""

import json
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from mechmentor.evals import organisms
from mechmentor.evals.organisms import check, seal

FOLDER = Path(organisms.__file__).parent


def test_the_shipped_table_is_complete_and_tells_no_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check.main(["--json"]) == 0
    printed = capsys.readouterr().out
    found = json.loads(printed)
    rows = found["instances"]
    assert max(found["separators"].values()) <= check.SEPARATES_ABOVE
    assert len(rows) == len(list(FOLDER.glob("m-*/adapter_config.json")))
    for row in rows:
        sealed = seal.read(FOLDER, row["id"])
        for secret in (sealed.answer, sealed.salt, str(sealed.seed)):
            assert secret is None or f'"{secret}"' not in printed, "an answer was told"


def test_plain_text_names_each_instance(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0
    printed = capsys.readouterr().out
    assert all(path.parent.name in printed for path in FOLDER.glob("m-*/adapter_config.json"))


@pytest.mark.parametrize(
    ("a", "b"), [([1.0, 2.0, 3.0], [0.5, 2.0]), ([1.0], [1.0]), ([0.0, 1.0], [5.0, 6.0, 0.5])]
)
def test_area_is_the_area_under_the_curve(a: list[float], b: list[float]) -> None:
    want = roc_auc_score([1] * len(a) + [0] * len(b), a + b)
    assert check.area(a, b) == pytest.approx(max(want, 1 - want))


def test_drift_is_held_against_the_median_of_the_trained_nulls() -> None:
    nulls = [
        ("n1", "null_trained", 0.01),
        ("n2", "null_trained", 0.02),
        ("n3", "null_trained", 9.0),
    ]
    others = [("id", "identical", 0.0), ("o1", "organism", 0.029), ("o2", "organism", 0.031)]
    rows = [{"id": i, "kind": kind, "drift": drift} for i, kind, drift in nulls + others]
    assert check.drifting(rows) == (pytest.approx(0.03), ["o2"])
    assert check.drifting(rows[3:]) == (0.0, [])
