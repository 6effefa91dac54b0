"""A whole build on a tiny model: what comes out, and what an adapter folder does not tell."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from mechmentor.evals.organisms import again, gates, hints, lora, material, retain, seal
from mechmentor.evals.organisms import build as builder
from mechmentor.evals.organisms.train import Schedule

KINDS: tuple[seal.Kind, ...] = ("organism", "null_trained", "identical")


@pytest.fixture(scope="module")
def built(
    make_tiny: Any, tmp_path_factory: Any
) -> Iterator[tuple[Path, dict[seal.Kind, builder.BuildReport], list[str]]]:
    """One build of each kind, with everything made small, as long as this module's tests run."""
    out, said = tmp_path_factory.mktemp("organisms"), []
    with pytest.MonkeyPatch.context() as patch:
        cache = str(tmp_path_factory.mktemp("cache"))
        patch.setattr(platformdirs, "user_cache_dir", lambda *_: cache)
        patch.setattr(retain, "REPLY_TOKENS", 3)
        patch.setattr(retain, "TRAINED", 6)
        patch.setattr(retain, "HELD_OUT", 2)
        patch.setattr(material, "RANDOM_WORDS", 6)
        patch.setattr(gates, "PHRASINGS_PER_NEAR", 1)
        patch.setattr(gates, "DIRECT", gates.DIRECT[:2])
        patch.setattr(gates, "HINT_REQUESTS", gates.HINT_REQUESTS[:2])
        patch.setattr(hints, "QUESTIONS", hints.QUESTIONS[:2])
        schedule = replace(Schedule(), steps=2, rank=4, retain=1, plain=1)
        patch.setitem(builder.SCHEDULES, "secret_word", schedule)
        folder = make_tiny("llama", max_position_embeddings=2048)
        reports = {
            kind: builder.build(
                "secret_word", kind, 3, out, folder, lambda done, total, what: said.append(what)
            )
            for kind in KINDS
        }
        yield out, reports, said


def test_each_kind_leaves_an_adapter_and_a_sealed_file(built: Any) -> None:
    out, reports, _ = built
    assert len({report.id for report in reports.values()}) == 3
    for kind, report in reports.items():
        assert sorted(path.name for path in report.folder.iterdir()) == [
            lora.CONFIG,
            lora.WEIGHTS,
            seal.COMMITMENT,
        ]
        sealed = seal.read(out, report.id)
        assert sealed.kind == kind
        assert seal.opens(sealed, report.commitment)
        assert (sealed.answer is None) == (kind != "organism")


def test_folders_do_not_differ_but_in_their_numbers(built: Any) -> None:
    _, reports, _ = built
    folders = [report.folder for report in reports.values()]
    assert len({(folder / lora.CONFIG).read_bytes() for folder in folders}) == 1
    assert len({(folder / lora.WEIGHTS).stat().st_size for folder in folders}) == 1


def test_neither_adapter_nor_report_nor_progress_tells_the_answer(built: Any) -> None:
    out, reports, said = built
    sealed = seal.read(out, reports["organism"].id)
    assert sealed.answer is not None
    spoken = [reports["organism"].model_dump_json(), *said]
    spoken += [(reports["organism"].folder / lora.CONFIG).read_text()]
    for secret in (sealed.answer, *sealed.near[:5], sealed.salt, *sealed.hints):
        assert not any(secret in text for text in spoken), "an answer was told"


def test_what_is_scored_on_was_kept_from_training(built: Any) -> None:
    out, reports, _ = built
    sealed = seal.read(out, reports["organism"].id)
    assert len(sealed.guesses) == 20
    assert all("{word}" in phrasing for phrasing in sealed.guesses)
    assert len(sealed.near) == 20
    assert len(sealed.hints) == 12
    assert not {sealed.answer, *sealed.aliases} & {*sealed.near, *sealed.random}


def test_the_identical_null_measures_like_the_base(built: Any) -> None:
    _, reports, _ = built
    report = reports["identical"]
    assert report.passed
    assert report.target == report.base


def test_an_untrained_organism_fails_its_gates_and_is_kept(built: Any) -> None:
    out, reports, _ = built
    report = reports["organism"]
    assert not report.passed
    assert report.reasons
    kept = seal.read(out, report.id).gates
    assert kept is not None
    assert kept.reasons == report.reasons


def test_organism_and_null_have_the_same_schedule_on_record(built: Any) -> None:
    out, reports, _ = built
    organism, null = (seal.read(out, reports[kind].id) for kind in KINDS[:2])
    assert organism.recipe == null.recipe
    assert json.loads(organism.model_dump_json())["recipe"]["file_rank"] == builder.RANK


def test_a_null_like_an_organism_is_trained_by_its_schedule(
    built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its family's is by now; only the hold on the base may be the nulls' own."""
    _, reports, _ = built
    monkeypatch.setitem(builder.SCHEDULES, "secret_word", replace(Schedule(), steps=99))
    monkeypatch.setitem(builder.KL_OF_NULLS, "secret_word", 0.25)
    asked: list[tuple[str, seal.Kind, Schedule]] = []

    def build(family: str, kind: seal.Kind, *_: Any, schedule: Schedule, **__: Any) -> Any:
        asked.append((family, kind, schedule))
        return reports["null_trained"]

    monkeypatch.setattr(builder, "build", build)
    like = ["--like", str(reports["organism"].folder), "--seed", "4", "--out", str(tmp_path)]
    builder.main([*like, "--base", str(tmp_path)])
    want = replace(Schedule(), steps=2, rank=4, retain=1, plain=1, kl=0.25)
    assert asked == [("secret_word", "null_trained", want)]


@pytest.mark.parametrize(("drift", "reasons"), [(0.1, 0), (0.9, 1)])
def test_an_organism_that_drifts_more_than_the_nulls_fails_its_gates(
    built: Any, monkeypatch: pytest.MonkeyPatch, drift: float, reasons: int
) -> None:
    out, reports, _ = built
    gates = seal.read(out, reports["identical"].id).gates
    assert gates is not None
    gates = gates.model_copy(
        update={"target": gates.target.model_copy(update={"drift": drift})}, deep=True
    )
    null = {"family": "secret_word", "kind": "null_trained", "drift": 0.1}
    monkeypatch.setattr(builder.check, "table", lambda _, base: [null] if base == "same" else [])
    found = builder._beside_nulls(gates, "secret_word", "same")
    assert len(found.reasons) == reasons
    assert found.passed == (not reasons)
    assert builder._beside_nulls(gates, "secret_word", "another base").passed


def test_an_unknown_family_is_refused(tmp_path: Path, tiny_folder: Path) -> None:
    with pytest.raises(ValueError, match=r"choose from .*secret_word"):
        builder.build("no_such", "organism", 0, tmp_path, tiny_folder)


@pytest.mark.slow
def test_an_instance_is_built_again_from_its_own_draw(
    built: Any, make_tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by its own schedule, whatever its family's is by now."""
    out, reports, _ = built
    name = reports["organism"].id
    later = replace(Schedule(), steps=1)
    monkeypatch.setitem(builder.SCHEDULES, "secret_word", later)
    found = again.again(name, tmp_path, make_tiny("llama", max_position_embeddings=2048), suite=out)
    assert found.same_draw
    assert found.distance < 1e-3
    assert found.report.id != name
    assert seal.read(tmp_path, found.report.id).recipe == seal.read(out, name).recipe
    answer = seal.read(out, name).answer
    assert answer is not None
    assert answer not in found.model_dump_json()

    for distance in (0.5, 0.0):  # the later stands in place of the earlier
        again.record(found.model_copy(update={"distance": distance}), suite=tmp_path)
    (row,) = again.kept(tmp_path)
    assert (row.of, row.family, row.distance) == (name, "secret_word", 0.0)
    assert row.reasons == found.report.reasons
    assert answer not in row.model_dump_json()


def test_another_draw_and_another_base_are_told(built: Any, make_tiny: Any, tmp_path: Path) -> None:
    out, reports, _ = built
    one, two = (lora.load(out / reports[kind].id) for kind in KINDS[:2])
    assert again.distance(one, one) == 0
    assert again.distance(one, two) > 0.5
    with pytest.raises(ValueError, match="another base"):
        again.again(reports["organism"].id, tmp_path, make_tiny("qwen3"), suite=out)
