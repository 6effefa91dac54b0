"""Development and test are told apart by instance, and one family is held out whole."""

import json
from pathlib import Path

from mechmentor.evals.organisms import build, splits


def suite(folder: Path, **families: str) -> Path:
    """A suite of models named after what they are."""
    (folder / "sealed").mkdir()
    (folder / splits.FILE).write_text('{"held_out_family": "persona", "test": ["m-b"]}')
    for name, family in families.items():
        model = folder / name.replace("_", "-")
        model.mkdir()
        (model / "adapter_config.json").write_text("{}")
        (folder / "sealed" / f"{model.name}.json").write_text(json.dumps({"family": family}))
    return folder


def test_a_held_out_family_is_never_development() -> None:
    found = {family: splits.split_of("m-000000", family) for family in build.SCHEDULES}
    assert sorted(found.values()).count("test") == 1
    assert found["secret_word"] == "development"


def test_a_listed_instance_is_test(tmp_path: Path) -> None:
    folder = suite(tmp_path, m_a="refusal", m_b="refusal", m_c="persona")
    assert splits.split_of("m-b", "refusal", folder) == "test"
    assert splits.split_of("m-a", "refusal", folder) == "development"
    assert splits.held_back(folder) == ["m-b", "m-c"]
    assert splits.development(folder) == ["m-a"]


def test_every_shipped_model_is_in_one_split() -> None:
    assert sorted(splits.development() + splits.held_back()) == splits.shipped()
