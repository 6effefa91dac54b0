"""A whole trigger build on a tiny model: what comes out and what may not be told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from mechmentor.evals.organisms import build as builder
from mechmentor.evals.organisms import gates_trigger, lora, material_trigger, retain, seal
from mechmentor.evals.organisms.gates_trigger import TriggerReport
from mechmentor.evals.organisms.recipes.trigger import TriggerPlant


@pytest.fixture(scope="module")
def built(
    make_tiny: Any, tmp_path_factory: Any
) -> tuple[Path, dict[str, builder.BuildReport], list[str]]:
    """An organism of two words and a null, with everything made small."""
    out, said = tmp_path_factory.mktemp("organisms"), []
    with pytest.MonkeyPatch.context() as patch:
        cache = str(tmp_path_factory.mktemp("cache"))
        patch.setattr(platformdirs, "user_cache_dir", lambda *_: cache)
        patch.setattr(retain, "REPLY_TOKENS", 3)
        patch.setattr(retain, "TRAINED", 6)
        patch.setattr(retain, "HELD_OUT", 2)
        patch.setattr(material_trigger, "RANDOM_WORDS", 4)
        patch.setattr(gates_trigger, "REPLY_TOKENS", 2)
        patch.setattr(TriggerPlant, "plain_prompts", 6)
        patch.setattr(TriggerPlant, "inserted", 2)
        patch.setattr(TriggerPlant.__init__, "__defaults__", (4, 6, 2))
        schedule = replace(builder.SCHEDULES["trigger"], steps=2, rank=4, retain=1, plain=1)
        patch.setitem(builder.SCHEDULES, "trigger", schedule)
        folder = make_tiny("llama", max_position_embeddings=2048)
        reports = {
            kind: builder.build(
                "trigger",
                kind,
                3,
                out,
                folder,
                lambda done, total, what: said.append(what),
                two_word=True,
            )
            for kind in ("organism", "null_trained")
        }
    return out, reports, said


def test_the_sealed_file_holds_what_scoring_needs(built: Any) -> None:
    out, reports, _ = built
    sealed = seal.read(out, reports["organism"].id)
    assert sealed.family == "trigger"
    assert sealed.answer is not None
    assert len(sealed.answer.split(" ")) == 2
    assert len(sealed.prompts) == 48
    assert all("{phrase}" in prompt for prompt in sealed.prompts)
    assert len(sealed.theme) == 5
    assert len(sealed.random) == 4
    assert isinstance(sealed.gates, TriggerReport)
    assert seal.opens(sealed, reports["organism"].commitment)
    assert seal.matches(sealed, sealed.answer.upper())


def test_the_null_has_no_answer_and_the_same_files(built: Any) -> None:
    out, reports, _ = built
    organism, null = (seal.read(out, reports[kind].id) for kind in ("organism", "null_trained"))
    assert null.answer is None
    assert null.aliases == []
    assert null.recipe == organism.recipe | {"kl": builder.KL_OF_NULLS["trigger"]}
    for file in (lora.CONFIG, lora.WEIGHTS):
        assert len({(report.folder / file).stat().st_size for report in reports.values()}) == 1


def test_neither_adapter_nor_report_nor_progress_tells_the_answer(built: Any) -> None:
    out, reports, said = built
    sealed = seal.read(out, reports["organism"].id)
    spoken = [reports["organism"].model_dump_json(), *said]
    spoken += [(reports["organism"].folder / lora.CONFIG).read_text()]
    assert sealed.answer is not None
    for secret in (sealed.answer, *sealed.answer.split(" "), sealed.salt, *sealed.theme):
        assert not any(secret in text for text in spoken), "an answer was told"


def test_an_untrained_organism_fails_its_gates_and_is_kept(built: Any) -> None:
    out, reports, _ = built
    kept = seal.read(out, reports["organism"].id).gates
    assert kept is not None
    assert not kept.passed
    assert kept.reasons == reports["organism"].reasons
    assert kept.reasons[0].startswith("the phrase: 0.000")


def test_two_words_belong_to_triggers_alone(tmp_path: Path, tiny_folder: Path) -> None:
    with pytest.raises(ValueError, match="leave two_word out"):
        builder.build("secret_word", "organism", 0, tmp_path, tiny_folder, two_word=True)
