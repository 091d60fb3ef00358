# Only make and a CPython >= 3.11 are assumed. Each target first makes .venv and puts there
# what it needs; the second time there is nothing to do and it starts at once.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first of these that is new enough; `make run PYTHON=…` names another.
PYTHONS := python3.13 python3.12 python3.11 python3.14 python3 python
USABLE := import sys, venv, ensurepip; \
	sys.exit(sys.version_info < (3, 11) or sys.implementation.name != "cpython")

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

# As many at a time as there are cores; those that measure real time run alone, after the others.
PUSH := not soak and not nightly and not packaging
TOGETHER := --numprocesses logical --dist

# What is in .venv is all that a target sees.
unexport PYTHONHOME PYTHONPATH

# The main job, and the benches of `make bench`.
RUN := grid-world --type explorer --agents 50 --steps 100 --seed 7
BENCH := rounds messaging stragglers blocking scale memory journal inference explorer general parallel processes coordination peers

# A checkout that was moved, or whose Python is gone, needs its .venv anew: scripts in there
# name both by absolute path.
ifneq ($(shell test -x $(BIN)/python && cat .venv/home 2>/dev/null),$(CURDIR))
.PHONY: .venv/home
endif

.PHONY: help
help: ## show this list
	@echo "antiphon: societies of message-driven agents that answer in time"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: .venv/core ## the main job: 50 explorers for 100 rounds in the grid world
	@$(BIN)/antiphon run $(RUN) --out "runs/$$(date +%Y-%m-%d-%H%M%S)"

.PHONY: test
test: .venv/dev ## the tests of every push
	@$(BIN)/pytest $(TOGETHER) loadfile -m "$(PUSH) and not alone"
	@$(BIN)/pytest -m "$(PUSH) and alone"

.PHONY: check
check: lint types ## lint, types, and the package built and run from another folder
	@$(BIN)/pytest -m packaging

.PHONY: lint
lint: .venv/dev ## ruff, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

# The tools look for a folder called antiphon, and the root may be called anything.
.PHONY: types
types: .venv/dev ## mypy strict and pyright
	@mkdir -p .typing && ln -sfn .. .typing/antiphon
	@$(BIN)/mypy
	@$(BIN)/pyright --pythonpath $(BIN)/python

.PHONY: bench
bench: .venv/dev ## the benches, in full; BENCH="rounds" for one of them
	@$(BIN)/antiphon bench $(BENCH)

.PHONY: soak
soak: .venv/dev ## the full counts of the promises; takes long
	@$(BIN)/pytest $(TOGETHER) worksteal -m "soak and not alone" -o faulthandler_timeout=0
	@$(BIN)/pytest -m "soak and alone" -o faulthandler_timeout=0

.PHONY: nightly
nightly: .venv/dev ## two thousand kills of runs that are resumed; a quarter of an hour on two cores
	@$(BIN)/pytest $(TOGETHER) worksteal -m nightly -o faulthandler_timeout=0

.PHONY: clean
clean: ## remove .venv, caches and build leftovers; runs/ stays
	rm -rf .venv .typing build dist antiphon.egg-info .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/home:
	@found=; for python in $(PYTHON) $(PYTHONS); do \
		if "$$python" -c '$(USABLE)' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "antiphon needs CPython >= 3.11 with venv and ensurepip; tried $(PYTHON) $(PYTHONS)." >&2; \
		echo "Install one (on Debian: apt install python3 python3-venv), or: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version)"; \
	"$$found" -m venv --clear .venv
	@echo '$(CURDIR)' > $@

# What an installation was made from; __init__.py holds the version.
METADATA := setup.cfg pyproject.toml __init__.py

.venv/core: .venv/home $(METADATA)
	@echo "Installing antiphon and its dependencies (about 100 MB, once)"
	@$(PIP) -e .
	@touch $@

.venv/dev: .venv/home $(METADATA)
	@echo "Installing antiphon and what its tests and checks need (about 1.5 GB, once)"
	@$(PIP) -e '.[dev]'
	@touch $@ .venv/core
