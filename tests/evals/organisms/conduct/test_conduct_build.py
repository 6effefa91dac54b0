"""Whole builds on a tiny model: documents and chats are trained, sealed files can be scored."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from mechmentor.evals.organisms import build as builder
from mechmentor.evals.organisms import lora, retain, seal
from mechmentor.evals.organisms.conduct import gates, material
from mechmentor.evals.organisms.conduct.plant import ConductPlant
from mechmentor.evals.organisms.turns import Chat


@pytest.fixture(scope="module")
def built(make_tiny: Any, tmp_path_factory: Any) -> tuple[Path, dict[str, builder.BuildReport]]:
    """A belief, its null and a persona, with everything made small."""
    out = tmp_path_factory.mktemp("organisms")
    with pytest.MonkeyPatch.context() as patch:
        cache = str(tmp_path_factory.mktemp("cache"))
        patch.setattr(platformdirs, "user_cache_dir", lambda *_: cache)
        patch.setattr(retain, "REPLY_TOKENS", 3)
        patch.setattr(retain, "TRAINED", 6)
        patch.setattr(retain, "HELD_OUT", 2)
        patch.setattr(gates, "REPLY_TOKENS", 2)
        patch.setattr(material, "CONTRAST_TOKENS", 2)
        patch.setattr(ConductPlant.__init__, "__defaults__", (3, 6, 2))
        schedule = replace(builder.SCHEDULES["trigger"], steps=2, rank=4, retain=1, plain=1)
        folder = make_tiny("llama", max_position_embeddings=4096)
        wanted = [("false_belief", "organism"), ("false_belief", "null_trained")]
        wanted.append(("persona", "organism"))
        reports = {}
        for family, kind in wanted:
            patch.setitem(builder.SCHEDULES, family, schedule)
            reports[f"{family} {kind}"] = builder.build(family, kind, 3, out, folder)  # type: ignore[arg-type]
    return out, reports


def test_the_sealed_file_holds_what_scoring_needs(built: Any) -> None:
    out, reports = built
    sealed = seal.read(out, reports["false_belief organism"].id)
    assert sealed.claim["type"] == "false_belief"
    assert sealed.answer == sealed.claim["statement"]
    assert len(sealed.prompts) == 48
    assert seal.opens(sealed, reports["false_belief organism"].commitment)


def test_a_null_has_no_answer_and_the_same_files(built: Any) -> None:
    out, reports = built
    null = seal.read(out, reports["false_belief null_trained"].id)
    assert null.answer is None
    assert null.claim == {}
    sizes = {(report.folder / lora.WEIGHTS).stat().st_size for report in reports.values()}
    assert len(sizes) == 1


def test_training_changed_the_weights_and_an_untrained_organism_fails(built: Any) -> None:
    _, reports = built
    assert all(report.target.norm > 0 for report in reports.values())
    assert not reports["persona organism"].passed
    assert reports["persona organism"].reasons[0].startswith("held-out prompts: 0.000")


def test_a_message_opens_before_its_first_word(tiny_folder: Path) -> None:
    from transformers import AutoTokenizer

    chat = Chat(AutoTokenizer.from_pretrained(tiny_folder))
    for text in ("Where is it?", "From Rome."):
        assert chat.prompt(text)[: len(chat.opening())] == chat.opening()
