"""A sweep under a real limit of memory: the bound holds it, and without the bound it fails."""

import subprocess
import sys

import pytest

# 132,000 vectors in all, of which the bound lets 1,024 be held: with 40 MB beyond what is there
# before it the bounded sweep ran, with 300 MB the unbounded one did not. How an allocator lays out
# what it gives differs by machine, so the limit stands well away from both.
_CHILD = """
import resource
import torch
torch.set_num_threads(1)
from transformers import LlamaConfig, LlamaForCausalLM
from pathlib import Path
from mechmentor.tools.engine.recording import record
from mechmentor.tools.engine.sweep import sweep_cells
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Refusal

length, layers = 128, 16
config = LlamaConfig(
    vocab_size=64, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=layers, head_dim=32,
    num_attention_heads=2, num_key_value_heads=1, attn_implementation="eager",
)
model = Model(LlamaForCausalLM(config), None, "wide", "", Path())
draw = torch.Generator().manual_seed(0)
ids = torch.randint(64, (2, length), generator=draw)
ids[1] = (ids[0] + 1) % 64  # they differ everywhere
runs = [record(model, row.tolist()) for row in ids]
cells = [(layer, position, 0) for layer in range(layers) for position in range(length)]

def sweep(cells, **bound):
    return sweep_cells(model, *runs, site="resid_pre", cells=cells, read=model.adapter.logits,
                       **bound)

sweep(cells, held=HELD)  # what loads once is loaded, and oneDNN's store of primitives is full
status = Path("/proc/self/status").read_text()
limit = int(status.split("VmData:")[1].split()[0]) * 1024 + MARGIN
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
print("bounded", bool(sweep(cells, held=HELD).isfinite().all()))
try:
    sweep(cells, held=10**9)
    print("unbounded ran")
except Refusal as refused:
    print("unbounded", refused.failure.code, refused.failure.message)
"""
_HELD, _WIDTH = 1024, 256
_MARGIN = 120 << 20


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
def test_a_sweep_keeps_to_its_bound_where_an_unbounded_one_runs_out():
    script = _CHILD
    for name, value in {"MARGIN": _MARGIN, "HELD": _HELD, "WIDTH": _WIDTH}.items():
        script = script.replace(name, str(value))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[0] == "bounded True"
    assert "unbounded model_limit memory ran out" in done.stdout
    assert "halved once" in done.stdout
