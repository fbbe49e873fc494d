# `make train` does the reference run, `make test` everything that CI runs, `make bench` measures
# Pellucid beside its peers (BENCH='--only training,inference', BENCH=--quick).
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= runs/reference
BENCH  ?=

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

BENCH_VENV ?= .venv-bench
BENCH_BIN  := $(BENCH_VENV)/$(notdir $(BIN))

.PHONY: bench train test lint types unit long soak clean

train: $(VENV)/.installed
	$(BIN)/pellucid train --out $(OUT)

test: lint types unit

lint: $(VENV)/.tested
	$(BIN)/lint-imports --no-cache
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tested
	$(BIN)/mypy

# A file's tests go to one process: what they make and compile is made once.
PYTEST := $(BIN)/pytest -n auto --dist loadfile

unit: $(VENV)/.tested $(VENV)/node/.installed
	$(PYTEST)

# All that, and the long tests for which a shorter one stands in.
long: $(VENV)/.tested $(VENV)/node/.installed
	PELLUCID_LONG_TESTS=1 $(PYTEST)

# Kills a training a thousand times and resumes it; takes some minutes, and CI does 60 kills.
soak: $(VENV)/.tested
	$(BIN)/python -m tests.training.kills --kills 1000

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

# What reads the page's code: a linter, types, axe. Without npm their tests are skipped.
$(VENV)/node/.installed: tests/studio/tools/package.json
	mkdir -p $(VENV)/node
	cp tests/studio/tools/package.json $(VENV)/node/
	if command -v npm >/dev/null; then \
		npm install --prefix $(VENV)/node --silent --no-audit --no-fund --no-package-lock || \
		echo "The page's linters could not be installed; their tests are skipped." >&2; fi
	touch $@

# The peers get an environment of their own: nobody who trains or tests needs them.
bench: $(BENCH_VENV)/.installed
	$(BENCH_BIN)/python -m benchmarks $(BENCH)

$(BENCH_VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_BIN)/python -m pip install --quiet --editable '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) $(BENCH_VENV) build src/*.egg-info
