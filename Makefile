# `make run` and `make test` set up everything they need on a fresh Debian machine with Python 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := backend plugins tests

.PHONY: run test check bench fuzz crash format openapi clean debian-packages

run: $(VENV)/run.installed  ## serve on the default ports, data in ./var
	$(BIN)/skrytka serve

test: $(VENV)/dev.installed debian-packages  ## all tests, on both engines
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/dev.installed  ## format, lint, types, layering, OpenAPI drift
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:randomly tests/test_layering.py tests/api/test_openapi.py

format: $(VENV)/dev.installed
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

openapi: $(VENV)/dev.installed  ## write openapi/openapi.json from the code
	$(BIN)/python -m tests.api.write_openapi

SECONDS ?= 2

bench: ROUNDS ?= 5
bench: $(VENV)/dev.installed debian-packages  ## timed figures; gates, not tests
	$(BIN)/python -m tests.bench --rounds $(ROUNDS) --seconds $(SECONDS)

EXAMPLES ?= 20000
FUZZED ?= tests/properties tests/imap/test_sequence_numbers.py

fuzz: $(VENV)/dev.installed  ## the property tests, for long
	SKRYTKA_HYPOTHESIS_PROFILE=long SKRYTKA_HYPOTHESIS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n 2 --timeout 7200 \
	    $(FUZZED)

CRASHED ?= tests/live/crash

crash: ROUNDS ?= 200
crash: $(VENV)/dev.installed debian-packages  ## kills and power cuts, for long; SEED= repeats a run's random choices
	SKRYTKA_CRASH_ROUNDS=$(ROUNDS) SKRYTKA_CRASH_SEED=$(SEED) $(BIN)/python -m pytest -q -n 2 --dist worksteal \
	    $(CRASHED)

debian-packages:
	@sh .ci/debian-packages

$(VENV)/bin/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh .ci/debian-packages python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/dev.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/run.installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
