# `make demo` sets up and runs the main job; `make test` sets up and passes the tests.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: setup demo test lint format lock benchmark clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up, submit the synthetic files, run the pipeline, show where the release is"
	@echo "make test    set up, check the style, the types and the layers, run the tests"
	@echo "make format  put the code in the house style"
	@echo "make lock    resolve requirements.lock again (needs uv)"
	@echo "make clean   forget the environment and everything that was computed"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@echo "==> Setting up $(VENV) (about two minutes the first time)"
	@$(PYTHON) -c "import sys; sys.exit(0 if (3,11) <= sys.version_info[:2] <= (3,13) else 'Python 3.11, 3.12 or 3.13 is needed; this is ' + sys.version.split()[0] + '. Try: make PYTHON=python3.12')"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar off --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)
	@echo "==> Ready"
