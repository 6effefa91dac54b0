"""mechmentor: mechanistic interpretability with honest evidence.

`from mechmentor import Workbench` is the door for notebooks; nothing heavy loads before it is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tools.workbench import Workbench

__all__ = ["Workbench", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `Workbench` on first use, so that `--help` never imports torch."""
    if name == "Workbench":
        from .tools.workbench import Workbench

        return Workbench
    raise AttributeError(f"module 'mechmentor' has no attribute {name!r}")
