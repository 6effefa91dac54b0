"""Development and test are told apart by instance, and one family is held out whole."""

from mechmentor.evals.organisms import build, splits


def test_a_held_out_family_is_never_development() -> None:
    found = {family: splits.split_of("m-000000", family) for family in build.SCHEDULES}
    assert sorted(found.values()).count("test") == 1
    assert found["secret_word"] == "development"


def test_a_listed_instance_is_test(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    listed = '{"held_out_family": "persona", "test": ["m-0a1b2c"]}'
    (tmp_path / splits.FILE).write_text(listed)
    monkeypatch.setattr(splits.resources, "files", lambda _: tmp_path)
    assert splits.split_of("m-0a1b2c", "refusal") == "test"
    assert splits.split_of("m-0a1b2d", "refusal") == "development"
