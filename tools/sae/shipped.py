"""The SAE that ships with the bundled model, and the door to others."""

from pathlib import Path

from ..spec import Refusal
from ..workbench import Workbench
from .sae import SAE, check_base, load_sae

SHIPPED = Path(__file__).parent / "smollm2-135m-instruct-l12"


def open_sae(bench: Workbench, folder: str, base_model: str) -> tuple[SAE, list[str]]:
    """An SAE that fits the models on the workbench, and warnings about it.

    Args:
        bench: The workbench.
        folder: SAELens folder; empty for the shipped one.
        base_model: Name in the SAE's configuration that is accepted as the base.

    Raises:
        Refusal: If it cannot be read or does not fit.
    """
    path = bench.readable(Path(folder)) if folder else SHIPPED
    if path.is_file():
        raise Refusal("bad_args", f"{path.name} is a file", "give the folder that holds cfg.json")
    sae = load_sae(path)
    models = [bench.target, *([bench.base] if bench.has_base else [])]
    try:
        return sae, check_base(sae, models, base_model)
    except Refusal as refusal:
        if folder:
            raise
        raise Refusal(
            "bad_args",
            f"the shipped SAE does not fit: {refusal.failure.message}",
            "train one with `mechmentor sae train`, or give a folder: sae=PATH",
        ) from None
