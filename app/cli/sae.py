"""`sae train`: a sparse autoencoder for a model of your own."""

import sys
from pathlib import Path

import typer

from .exits import Stop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Sparse autoencoders.", rich_markup_mode=None, no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("train")(train)
    app.add_typer(group, name="sae")


def train(
    out: Path = typer.Argument(..., help="Folder to write; it must not exist."),
    target: str = typer.Option("bundled", help="HF folder or id."),
    layer: int = typer.Option(None, help="Layer (default: two fifths of the way up)."),
    size: int = typer.Option(None, min=2, help="Features (default: four times the width)."),
    k: int = typer.Option(32, min=1, help="Features active at a token."),
    corpus: Path = typer.Option(None, help="Text file or folder (default: documentation)."),
    windows: int = typer.Option(1000, min=16, help="Windows of 128 tokens."),
    steps: int = typer.Option(1000, min=10, help="Steps of 512 tokens."),
    seed: int = typer.Option(0, help="Seed of directions and order."),
    device: str = typer.Option("auto", help="auto, cpu or cuda: where the model runs."),
) -> int:
    """Train a TopK SAE, judge it on text it has not seen, write it in SAELens' form."""
    from dataclasses import replace

    import torch

    from ...tools.bundled import cache_root
    from ...tools.engine.corpus import Corpus, open_corpus
    from ...tools.engine.states import check_layer
    from ...tools.models import load_model
    from ...tools.sae.quality import judge
    from ...tools.sae.train import collect, train_topk
    from ...tools.spec import Refusal
    from ..live import LiveView

    if out.exists():
        raise Stop(f"{out} is there already; name another folder")
    view = LiveView(sys.stderr)
    model = load_model(target, device=device)
    at = model.n_layers * 2 // 5 if layer is None else layer
    features = size or 4 * model.d_model
    if k > features:
        raise Stop(f"--k {k} is more than {features} features")
    try:
        check_layer(model, at)
        text = open_corpus(
            model, corpus, windows=windows, length=128, cache=cache_root().parent / "corpora"
        )
        if len(text.tokens) < 16:
            raise Stop("the corpus is too short: at least 2,100 tokens are needed")
        held = max(8, len(text.tokens) // 50)
        train_on = Corpus(text.tokens[:-held], text.sha256, text.name, text.share)
        states = collect(
            model, train_on, at, on_progress=lambda d, t: view.on_progress(d, t, "reading")
        )
        sae = train_topk(
            states,
            size=features,
            k=k,
            steps=steps,
            layer=at,
            generator=torch.Generator().manual_seed(seed),
            on_progress=lambda d, t: view.on_progress(d, t, "training"),
        )
        facts = {
            "model_weights_sha256": model.weights_sha256,
            "trained_on": text.name,
            "tokens": len(states),
            "steps": steps,
            "context_size": 128,
        }
        sae = replace(sae, model_name=model.name, facts=facts)
        tokens = torch.from_numpy(text.tokens[-held:].astype("int64"))
        quality = judge(model, sae, tokens)
    except Refusal as refusal:
        raise Stop(str(refusal.failure)) from None
    finally:
        view.close()
    sae.save(out)
    print(
        f"{out}: layer {at}, {features} features, {len(states):,} tokens\n"
        f"loss recovered {quality.loss_recovered:.3f} (PCA of {quality.components}: "
        f"{quality.loss_recovered_pca:.3f}), explained variance {quality.explained_variance:.3f} "
        f"(PCA: {quality.explained_variance_pca:.3f}), dead {quality.dead_share:.1%}, "
        f"active {quality.active:.1f}, on {quality.tokens:,} tokens not trained on"
    )
    return 0
