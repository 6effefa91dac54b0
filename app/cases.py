"""From what a person types to a case: an organism's id, or a model of her own."""

from collections.abc import Callable
from pathlib import Path

from ..agent.case import Budget, Case
from ..tools.spec import Access
from .materialise import is_adapter, merged

ORGANISMS = Path(__file__).resolve().parent.parent / "evals" / "organisms"


def organism_ids() -> list[str]:
    """Ids of the organisms that come with the project. Looking at names opens no file of theirs."""
    return sorted(p.parent.name for p in ORGANISMS.glob("*/adapter_config.json"))


def organism_case(
    identifier: str,
    access: Access = "base",
    budget: Budget | None = None,
    progress: Callable[[str], None] | None = None,
) -> Case:
    """The case of an organism; its adapter is merged by another process.

    Raises:
        FileNotFoundError: If there is no such organism.
    """
    if identifier not in organism_ids():
        known = ", ".join(organism_ids()) or "none"
        raise FileNotFoundError(f"no organism {identifier!r}; there are: {known}")
    return own_case(
        str(ORGANISMS / identifier),
        "bundled",
        access,
        budget=budget,
        identifier=identifier,
        progress=progress,
    )


def own_case(
    target: str,
    base: str | None,
    access: Access | None,
    *,
    question: str | None = None,
    budget: Budget | None = None,
    identifier: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Case:
    """A case over a model of the user's own (no score, the same way otherwise)."""
    source, commitment = target, None
    if is_adapter(target):
        found = merged(target, base, progress)
        source, commitment, base = found.folder, found.commitment, base or "bundled"
    chosen: Access = access or ("base" if base else "target")
    if chosen == "base" and base is None:
        raise FileNotFoundError("access 'base' needs --base: the model it was trained from")
    return Case(
        id=identifier or Path(target).name or target,
        target=source,
        base=base if chosen == "base" else None,
        access=chosen,
        question=question,
        budget=budget or Budget(),
        commitment=commitment,
    )
