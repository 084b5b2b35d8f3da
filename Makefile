# `make run` and `make test` need nothing but Python >= 3.11: they make .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
PARALLEL := -n 3 --dist worksteal  # on 2 cores: many tests wait

# The tests start Python hundreds of times: what it has compiled is kept, even where the environment says otherwise.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check bench reproduce screenshots clean

# Where there is no terminal, the experiment runs as plain text.
run: .venv/run
	@if [ -t 0 ] && [ -t 2 ] && [ "$$TERM" != dumb ]; then $(BIN)/nntui; else $(BIN)/nntui run iris-net; fi

test: .venv/dev
	$(BIN)/python -m pytest $(PARALLEL)

# Everything, the slow tests too.
check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest $(PARALLEL) -m "slow or not slow"

# About 20 minutes; QUICK=1 takes two.
bench: .venv/bench
	$(BIN)/python -P tests/bench.py $(if $(QUICK),--quick)

# The table of docs/measured.md: the documents' figures, their own code's, and ours. About 15 minutes; needs MNIST and FashionMNIST.
reproduce: .venv/dev
	$(BIN)/python -P tests/reproduce.py

screenshots: .venv/dev
	$(BIN)/python -P tests/screenshots.py

clean:
	rm -rf .venv build *.egg-info

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("nntui needs Python >= 3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python pyproject.toml
	@echo "Installing nntui into .venv (PyTorch is large: about a minute the first time)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/bench: .venv/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

.venv/dev: .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
