# Two commands are all that a new machine needs: `make demo` and `make test`.
# They want python3 (3.11 or newer, with venv), git and make; the rest comes from PyPI.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test lint faults fuzz bench memory analysis nightly export accounts wire vectors detection dovecot cyrus clean

help:
	@echo "make demo    the whole job on invented mail, in ./blindcopy-demo"
	@echo "make test    every check"
	@echo "make lint    style, types and imports only"
	@echo "make faults  200 seeded scans with broken connections on each real server; a quarter of an hour"
	@echo "make fuzz    inputs that a fuzzer makes up for the address parser; FUZZ_MINUTES=10"
	@echo "make bench   speed of the crawl, beside what the wire and the disk allow"
	@echo "make memory  memory that a scan takes, and whether it grows with the mailbox; half an hour"
	@echo "make analysis  speed of the analysis, beside one pass of the database over the same recipients"
	@echo "make export   what a workbook costs, beside openpyxl alone with the same cells; minutes"
	@echo "make nightly  what an analysis of a night's mail costs, beside one of everything"
	@echo "make accounts  several accounts at once, beside one at a time"
	@echo "make wire    what a scan costs on the wire: round trips, bytes, and the price of latency"
	@echo "make detection  how well the queue ranks planted incidents in real sent mail"
	@echo "make clean   remove the environment and what the tools left behind"

# Stamps say what the environment holds, so a second call starts at once.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Blindcopy needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making the environment in $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing Blindcopy ..." >&2
	@$(PIP) install --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing Blindcopy and the tools of its checks ..." >&2
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@$(BIN)/blindcopy demo blindcopy-demo
	@echo "Here blindcopy is $(BIN)/blindcopy; to call it by its name: . $(BIN)/activate"

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Unformatted files; mend with: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

dovecot:
	@.ci/install-dovecot

cyrus:
	@.ci/install-cyrus

# Each has servers of its own; a file's tests stay together, and share what the file sets up.
TEST_PROCESSES ?= auto

# pytest comes last: its closing line is the answer.
test: lint dovecot cyrus
	@$(BIN)/python -m pytest -q -n $(TEST_PROCESSES) --maxprocesses 4 --dist loadfile

faults: $(VENV)/.dev dovecot cyrus
	@BLINDCOPY_FAULT_SEEDS=200 $(BIN)/python -m pytest -q tests/journey/test_fault.py

FUZZ_MINUTES ?= 10

$(VENV)/.fuzz: $(VENV)/.dev
	@$(PIP) install --editable '.[fuzz]'
	@touch $@

# The corpus stays in build/fuzz from run to run; what breaks a promise is written there as crash-…
fuzz: $(VENV)/.fuzz
	@mkdir -p build/fuzz
	@cd build/fuzz && $(abspath $(BIN))/python ../../fuzz/addresses.py corpus -max_total_time=$$(($(FUZZ_MINUTES) * 60)) \
		-max_len=512 -timeout=20 -print_final_stats=1

bench: $(VENV)/.dev dovecot
	@$(BIN)/python benchmarks/crawl.py

memory: $(VENV)/.dev dovecot
	@$(BIN)/python benchmarks/memory.py

analysis: $(VENV)/.dev
	@$(BIN)/python benchmarks/analysis.py

export: $(VENV)/.dev
	@$(BIN)/python benchmarks/export.py

nightly: $(VENV)/.dev
	@$(BIN)/python benchmarks/nightly.py

accounts: $(VENV)/.dev dovecot
	@$(BIN)/python benchmarks/accounts.py

wire: $(VENV)/.dev dovecot
	@$(BIN)/python benchmarks/wire_cost.py

vectors: $(VENV)/.dev
	@$(BIN)/python benchmarks/vectors.py

detection: $(VENV)/.dev
	@$(BIN)/python benchmarks/detection.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
