"""A tiny organism and its base as folders, so that runs load them as they load any model."""

from pathlib import Path

import pytest

from mechmentor.agent.case import Budget, Case
from mechmentor.tests.tools.tiny_chat import SECRET, taught_model
from mechmentor.tools.model import Model


def _save(model: Model, folder: Path) -> str:
    model.hf.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def organism_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _save(taught_model(SECRET, None), tmp_path_factory.mktemp("organism"))


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _save(taught_model(None, None), tmp_path_factory.mktemp("base"))


@pytest.fixture
def case(organism_folder: str, base_folder: str) -> Case:
    return Case(id="t-1", target=organism_folder, base=base_folder, access="base", budget=Budget())


@pytest.fixture
def null_case(base_folder: str) -> Case:
    return Case(id="t-0", target=base_folder, access="target", budget=Budget())
