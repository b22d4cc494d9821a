# Every target sets up what it needs by itself: Python >= 3.11 and make are enough to start.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
# Where this is set, every start of every process compiles all of its modules again: 3 s each.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PY := $(BIN)/python
UV = $$($(PY) tools/bootstrap.py --uv)
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url
LOCK_COMMAND := make lock
TESTS ?=
# Files are shared out among the cores, in their order: the long ones stand in the middle, not at the end.
# What TESTS names runs in one process, as one looks at it.
SHARED := -n auto --maxprocesses=4 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo up test lint types bench docs screens lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Takes a fraction of a second when nothing changed: bootstrap.py compares its stamp with the lock file.
setup:
	@for python in $(PY) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec "$$python" tools/bootstrap.py; \
	  fi; \
	done; \
	echo "asesor: no Python 3.11 or newer found (tried python3, python3.13, python3.12, python3.11): install one and run make again" >&2; \
	exit 69

demo: setup ## Run the whole product with a demonstration story (simulated time)
	@$(PY) cli.py demo

up: setup ## Run the product on this machine, in real time, data kept in var/
	@$(PY) cli.py up

test: setup ## Lint, types, import contracts and every test (TESTS=path narrows the tests)
	@$(MAKE) --no-print-directory lint types
	@$(PY) tools/temporal/obtain.py > /dev/null
	$(BIN)/pytest $(if $(TESTS),$(TESTS),$(SHARED))

lint: setup ## Style, formatting and the contracts on who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## Static types, strict
	$(BIN)/mypy .

bench: setup ## Measure throughput and latency on this machine
	@$(PY) cli.py bench

docs: setup ## Write every generated page again
	@$(PY) tools/docs.py

screens: setup ## Photograph the pages that changed since docs/screens has them (ALL=1: every one)
	@$(PY) tools/screens.py $(if $(ALL),--all)

lock: setup ## Resolve the dependencies again and write the lock files
	@export UV_CUSTOM_COMPILE_COMMAND='$(LOCK_COMMAND)'; \
	  $(LOCK) pyproject.toml -o requirements.txt; \
	  $(LOCK) --group dev pyproject.toml -o requirements-dev.txt; \
	  $(PY) tools/bootstrap.py --lock-uv

clean: ## Remove what set-up and tests made (the data in var/ stays)
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
