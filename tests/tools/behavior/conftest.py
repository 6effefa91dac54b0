"""Workbenches around tiny models: two random ones, a taught organism with its base, a null."""

from pathlib import Path

import pytest

from mechmentor.tests.tools.tiny_chat import SECRET, TRIGGER, taught_model
from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.workbench import Workbench


@pytest.fixture
def random_pair(tmp_path: Path) -> Workbench:
    """Target and base differ everywhere and mean nothing."""
    return Workbench(tiny_llama_model(1), tiny_llama_model(2), folder=tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Workbench:
    """A random target with no base anywhere."""
    return Workbench(tiny_llama_model(1), folder=tmp_path)


@pytest.fixture
def twins(tmp_path: Path) -> Workbench:
    """Target and base are equal: nothing may be found."""
    return Workbench(tiny_llama_model(1), tiny_llama_model(1), folder=tmp_path)


@pytest.fixture
def organism(tmp_path: Path) -> Workbench:
    """A taught target with a secret word and a trigger, and its innocent base."""
    return Workbench(taught_model(SECRET, TRIGGER), taught_model(None, None), folder=tmp_path)


@pytest.fixture
def null(tmp_path: Path) -> Workbench:
    """A target taught the same game with no word in it."""
    return Workbench(taught_model(None, None), folder=tmp_path)
