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


def test_drift_is_held_against_the_median_trained_null_of_the_family() -> None:
    found = [
        ("n1", "a", "null_trained", 0.01),
        ("n2", "a", "null_trained", 0.02),
        ("n3", "a", "null_trained", 9.0),
        ("n4", "b", "null_trained", 0.1),
        ("id", "a", "identical", 0.0),
        ("o1", "a", "organism", 0.029),
        ("o2", "a", "organism", 0.031),
        ("o3", "b", "organism", 0.149),
        ("o4", "no nulls", "organism", 1.0),
    ]
    rows = [dict(zip(("id", "family", "kind", "drift"), row, strict=True)) for row in found]
    assert check.drift_allowed(rows) == pytest.approx({"a": 0.03, "b": 0.15})
    assert check.drifting(rows) == ["o2"]
    assert check.drifting(rows[4:]) == []


@pytest.mark.parametrize(("drift", "code"), [(0.149, 0), (0.151, 1)])
def test_an_organism_that_drifts_more_than_its_nulls_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drift: float, code: int
) -> None:
    same = {"family": "a", "split": "development", "passed": True, "opens": True}
    rows = [
        {"id": "m-1", "kind": "null_trained", "drift": 0.1, **same},
        {"id": "m-2", "kind": "organism", "drift": drift, **same},
    ]
    monkeypatch.setattr(check, "table", lambda _: rows)
    monkeypatch.setattr(check, "separators", lambda *_: {})
    assert check.main(["--out", str(tmp_path)]) == code
