"""Plants one error of a known kind at a known place into a clean write-up.

`sites` say where, `numbers`, `references`, `omissions` and `claims` say what.
"""

from .plant import KINDS, Place, Planted, plant

__all__ = ["KINDS", "Place", "Planted", "plant"]
