"""Low-rank updates: merging, exact truncation, and files that tell nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from mechmentor.evals.organisms import lora


def random_factors(rank: int = 6, out: int = 24, into: int = 40) -> lora.Factors:
    generator = torch.Generator().manual_seed(rank)
    return lora.Factors(
        torch.randn(rank, into, generator=generator), torch.randn(out, rank, generator=generator)
    )


@pytest.fixture
def model(tiny_folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_folder).eval()


def trained(model: Any, rank: int = 5, scale: float = 2.0) -> dict[str, lora.LoraLinear]:
    """Attached updates as training would leave them: B away from zero."""
    layers = lora.attach(model, rank, seed=1, scale=scale)
    torch.manual_seed(0)
    for layer in layers.values():
        torch.nn.init.normal_(layer.B, std=0.05)
    return layers


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_cut_is_the_best_approximation_of_that_rank(rank: int) -> None:
    whole = random_factors(6)
    u, s, vh = torch.linalg.svd(whole.product.double())
    best = (u[:, :rank] * s[:rank]) @ vh[:rank]
    assert torch.allclose(whole.cut(rank).product.double(), best, atol=1e-5)


def test_cut_to_the_own_rank_or_above_changes_nothing() -> None:
    whole = random_factors(3)
    assert torch.allclose(whole.cut(3).product, whole.product, atol=1e-5)
    wider = whole.cut(5)
    assert wider.A.shape[0] == 5
    assert wider.B.shape[1] == 5
    assert torch.allclose(wider.product, whole.product, atol=1e-5)


def test_canonical_form_forgets_how_the_factors_were_scaled() -> None:
    whole = random_factors(3)
    mixed = torch.tensor([[2.0, 1.0, 0.0], [0.0, -3.0, 1.0], [0.5, 0.0, 0.1]])
    same = lora.Factors(torch.linalg.inv(mixed) @ whole.A, whole.B @ mixed)
    one, other = whole.cut(3), same.cut(3)
    assert torch.allclose(one.A, other.A, atol=1e-4)
    assert torch.allclose(one.B, other.B, atol=1e-3)


def test_norm_equals_that_of_the_product() -> None:
    whole = random_factors(4)
    assert whole.norm == pytest.approx(float(whole.product.norm()), rel=1e-5)


def test_an_attached_update_computes_what_its_merge_computes(tiny_folder: Path, model: Any) -> None:
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    layers = trained(model)
    with torch.no_grad():
        attached = model(input_ids=ids).logits
    merged = AutoModelForCausalLM.from_pretrained(tiny_folder).eval()
    with torch.no_grad():
        before = merged(input_ids=ids).logits
    lora.merge(merged, {name: layer.factors for name, layer in layers.items()})
    with torch.no_grad():
        after = merged(input_ids=ids).logits
    assert torch.allclose(after, attached, atol=1e-4)
    assert not torch.allclose(after, before, atol=1e-2)


def test_merge_is_base_plus_scaled_product(tiny_folder: Path, model: Any) -> None:
    name = "model.layers.1.mlp.down_proj"
    layer = trained(model, scale=0.5)[name]
    merged = AutoModelForCausalLM.from_pretrained(tiny_folder)
    weight = merged.get_submodule(name).weight
    expected = weight.detach() + 0.5 * layer.B.detach() @ layer.A.detach()
    lora.merge(merged, {name: layer.factors})
    assert torch.allclose(weight, expected, atol=1e-6)


def test_merge_refuses_another_architecture(model: Any) -> None:
    with pytest.raises(ValueError, match=r"no layer model\.layers\.99"):
        lora.merge(model, {"model.layers.99.mlp.down_proj": random_factors()})


def test_only_the_updates_are_trained(model: Any) -> None:
    lora.attach(model, 2, seed=0)
    free = [name for name, weight in model.named_parameters() if weight.requires_grad]
    assert len(free) == 2 * 7 * 4
    assert all(name.endswith((".A", ".B")) for name in free)


def test_files_of_organism_and_identical_null_differ_in_numbers_only(
    tmp_path: Path, model: Any
) -> None:
    identical = lora.empty(model, 3, seed=2)
    organism = {name: layer.factors.cut(3) for name, layer in trained(model).items()}
    for folder, updates in (("one", organism), ("other", identical)):
        lora.save(tmp_path / folder, updates, "ab" * 32)
    one, other = tmp_path / "one", tmp_path / "other"
    assert [path.name for path in sorted(one.iterdir())] == [lora.CONFIG, lora.WEIGHTS]
    assert (one / lora.CONFIG).read_bytes() == (other / lora.CONFIG).read_bytes()
    first, second = (one / lora.WEIGHTS).read_bytes(), (other / lora.WEIGHTS).read_bytes()
    header = 8 + int.from_bytes(first[:8], "little")
    assert len(first) == len(second)
    assert first[:header] == second[:header]
    assert first[header:] != second[header:]


def test_the_identical_null_changes_no_weight(tiny_folder: Path, model: Any) -> None:
    updates = lora.empty(model, 3, seed=2)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    lora.merge(model, updates)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert lora.total_norm(updates) == 0


def test_what_was_saved_is_read_back(tmp_path: Path, model: Any) -> None:
    organism = {name: layer.factors.cut(3) for name, layer in trained(model).items()}
    lora.save(tmp_path / "a", organism, "ab" * 32)
    kept = lora.load(tmp_path / "a")
    assert kept.keys() == organism.keys()
    for name, factors in kept.items():
        assert torch.allclose(factors.product, organism[name].product, atol=2e-3)
    config = json.loads((tmp_path / "a" / lora.CONFIG).read_text())
    assert config["base_model_name_or_path"] == "bundled"
    assert config["mechmentor_base_sha256"] == "ab" * 32


def test_the_model_loader_merges_the_same_numbers(
    tmp_path: Path, tiny_folder: Path, model: Any
) -> None:
    from mechmentor.tools import lora as loader

    organism = {name: layer.factors.cut(3) for name, layer in trained(model).items()}
    lora.save(tmp_path / "a", organism, "ab" * 32)
    ours = AutoModelForCausalLM.from_pretrained(tiny_folder)
    theirs = AutoModelForCausalLM.from_pretrained(tiny_folder)
    lora.merge(ours, lora.load(tmp_path / "a"))
    loader.merge(theirs, tmp_path / "a", loader.adapter_config(tmp_path / "a"))
    for name, weight in ours.state_dict().items():
        assert torch.allclose(weight, theirs.state_dict()[name], atol=1e-6), name


def test_updates_may_be_held_to_some_layers(model: Any) -> None:
    whole = set(lora.empty(model, 2, 0))
    placed = lora.attach(model, 2, 0, layers=(1, 1))
    assert {lora.layer_of(name) for name in placed} == {1}
    assert set(placed) < whole
