# `make demo` sets up and runs the main job; `make test` sets up and passes the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup demo test benchmark format lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up, submit the demo's files, publish a release and its report"
	@echo "make test    set up, check the style, the types and the layers, run the tests"
	@echo "make benchmark  a survey of a million rows from file to release, against the engine's bare reading of it"
	@echo "make format  put the code in the house style"
	@echo "make lock    resolve requirements.lock again (needs uv)"
	@echo "make clean   forget the environment and what can be computed again; received files and releases stay"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@echo "==> Setting up $(VENV) (about two minutes the first time)"
	@$(PYTHON) -c "import sys; sys.exit(0 if (3,11) <= sys.version_info[:2] <= (3,13) else 'Python 3.11, 3.12 or 3.13 is needed; this is ' + sys.version.split()[0] + '. Try: make PYTHON=python3.12')"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar off --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
	@echo "==> Ready"

demo: setup
	@$(BIN)/python -m demo.run

test: setup
	@echo "==> Style";  $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@echo "==> Types";  $(BIN)/mypy
	@echo "==> Layers"; $(BIN)/lint-imports
	@echo "==> Tests";  $(BIN)/pytest -q -n 2

benchmark: setup
	@$(BIN)/python -m benchmarks.survey_to_release

format: setup
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lock:
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock

clean:
	@rm -rf $(VENV) .prefect data/warehouse
