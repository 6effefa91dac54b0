"""The run-time type check of the tests: beartype, with int accepted where float is asked for."""

from collections import Counter
from typing import Any

from beartype import BeartypeConf, beartype

# An inner function is made anew at each call of the outer one, and beartype writes its check anew
# each time, which took minutes of a test run. This many of each are enough.
_ENOUGH = 20
_written: Counter[tuple[str, int]] = Counter()
_typed = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check(made: Any) -> Any:
    """The function or class with its annotations checked at each call."""
    if "<locals>" in made.__qualname__ and hasattr(made, "__code__"):
        place = (made.__code__.co_filename, made.__code__.co_firstlineno)
        _written[place] += 1
        if _written[place] > _ENOUGH:
            return made
    return _typed(made)
