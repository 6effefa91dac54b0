"""Exit codes, and how exceptions become one line on stderr."""

import sys
from collections.abc import Callable

DONE, FINDINGS, USAGE, MISSING, BUDGET, PROVIDER, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
STATUS_CODE = {
    "claimed": DONE,
    "abstained": DONE,
    "out_of_budget": BUDGET,
    "driver_failed": PROVIDER,
    "invalid": FINDINGS,
}


class Stop(Exception):
    """End the command with one line and an exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code


def guarded(body: Callable[[], int | None]) -> int:
    """Run a command; whatever is the user's to mend becomes one line."""
    from ...agent.tape import TapeError

    try:
        return body() or DONE
    except Stop as stop:
        return say(str(stop), stop.code)
    except TapeError as error:
        return say(str(error), FINDINGS)
    except FileNotFoundError as error:
        return say(str(error), USAGE)
    except ModuleNotFoundError as error:
        extra = _EXTRA.get((error.name or "").split(".")[0])
        if extra is None:
            raise
        line = f"pip install -c constraints.txt 'mechmentor[{extra}]'"
        return say(f"this needs the extra {extra!r}; install it with: {line}", MISSING)
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        return say(str(error), code)


def say(message: str, code: int) -> int:
    """One line on stderr; returns the code."""
    print(f"mechmentor: {message}", file=sys.stderr)
    return code


def _code_of(error: Exception) -> int | None:
    # By name, so that the light commands never import the modules that define them.
    names = {kind.__name__ for kind in type(error).__mro__}
    if "FormatError" in names:
        return FINDINGS
    if names & {"Unreadable", "NoContext"}:
        return USAGE
    if names & {"SandboxError", "ModelError", "MergeError"}:
        return PROVIDER
    if "MissingKey" in names:
        return MISSING
    if names & {"ChatError", "DriverFailed"}:
        return PROVIDER
    return None


_EXTRA = {
    "torch": "models",
    "transformers": "models",
    "transformer_lens": "models",
    "jaxtyping": "models",
    "sklearn": "models",
    "gguf": "models",
    "litellm": "litellm",
    "mcp": "mcp",
    "mcp_types": "mcp",
    "scipy": "organisms",
    "inspect_ai": "evals",
    "wonderwords": "organisms",
}
