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
MESSAGES ?= 20000
SESSIONS ?= 1000
BENCH ?=

# Dovecot is measured as Debian builds it, and so is the Python that serves beside it: an interpreter that was built without
# profile-guided optimisation, as pyenv does it, takes up to twice as long for the same.
BENCH_PYTHON ?= $(firstword $(wildcard /usr/bin/python3) $(PYTHON))
BENCH_VENV := .venv-bench
BENCH_BIN := $(BENCH_VENV)/bin

bench: ROUNDS ?= 5
bench: $(BENCH_VENV)/bench.installed  ## timed figures beside Dovecot's; gates, not tests. BENCH=--save keeps them
	@sh .ci/debian-packages dovecot-imapd dovecot-pop3d dovecot-lmtpd postgresql
	$(BENCH_BIN)/python -m tests.bench --rounds $(ROUNDS) --seconds $(SECONDS) --messages $(MESSAGES) --sessions $(SESSIONS) \
	    $(BENCH)

EXAMPLES ?= 20000
FUZZED ?= tests/properties tests/imap/test_sequence_numbers.py tests/imap/model tests/imap/any_command
FUZZ_SECONDS ?= 120
TARGETS ?=

fuzz: $(VENV)/dev.installed $(VENV)/fuzz.installed  ## the property tests, and every parser under atheris, for long
	SKRYTKA_HYPOTHESIS_PROFILE=long SKRYTKA_HYPOTHESIS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q -n 2 --timeout 7200 \
	    $(FUZZED)
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) $(TARGETS)

CRASHED ?= tests/live/crash

crash: ROUNDS ?= 200
crash: $(VENV)/dev.installed debian-packages  ## kills and power cuts, for long; SEED= repeats a run's random choices
	SKRYTKA_CRASH_ROUNDS=$(ROUNDS) SKRYTKA_CRASH_SEED=$(SEED) $(BIN)/python -m pytest -n 2 --dist worksteal \
	    $(CRASHED)

debian-packages:
	@sh .ci/debian-packages

$(VENV)/bin/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh .ci/debian-packages python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/dev.installed: pyproject.toml constraints.txt tests/helm/requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r tests/helm/requirements.txt
	@touch $@ $(VENV)/run.installed

$(VENV)/fuzz.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,fuzz]'
	@touch $@ $(VENV)/dev.installed $(VENV)/run.installed

$(BENCH_VENV)/bench.installed: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory VENV=$(BENCH_VENV) PYTHON=$(BENCH_PYTHON) $(BENCH_VENV)/dev.installed
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH_VENV) .fuzz .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
