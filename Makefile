# Everything a developer does. Only python3 (3.11 to 3.13) has to be there; the rest comes into
# $(VENV). CI runs the same targets. Without make: docs/install.md.

VENV ?= .venv
PYTHON := $(VENV)/bin/python
PYTEST_ARGS ?=
FUZZ_ARGS ?=
BENCHMARKS ?= startup scenes training_epoch training_memory

# The first of these that is Python 3.11, 3.12 or 3.13 makes the environment.
PYTHONS ?= python3 python3.13 python3.12 python3.11 python
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# Stamps: a new lock reinstalls everything of it, a new pyproject.toml only the package itself.
LOCK_STAMP := $(VENV)/.lock-installed
READY := $(VENV)/.package-installed
TENSORFLOW_STAMP := $(VENV)/.tensorflow-installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-tensorflow fuzz lint format bench reproduce clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make the environment in .venv (2 GB on disk, several more if with CUDA)

demo: $(READY) ## Train on generated road scenes, score, draw (some minutes on 2 cores)
	$(PYTHON) main.py

test: $(READY) ## Run the default tests; PYTEST_ARGS="-k name" to choose
	$(PYTHON) -m pytest $(PYTEST_ARGS)

test-slow: $(READY) ## Run the tests marked slow
	$(PYTHON) -m pytest -m slow $(PYTEST_ARGS)

test-tensorflow: $(TENSORFLOW_STAMP) $(READY) ## Install TensorFlow (2 GB more) and run the tests that compare with it
	$(PYTHON) -m pytest -m tensorflow $(PYTEST_ARGS)

fuzz: $(READY) ## Hand 1,000 damaged files of each kind to roadfcn; FUZZ_ARGS="--cases 50"
	$(PYTHON) tests/fuzz/run_campaign.py $(FUZZ_ARGS)

lint: $(READY) ## Check format, style, types and the import law
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports

format: $(READY) ## Format the code and mend what ruff can mend
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

bench: $(READY) ## Time what needs no data set; the other scripts in benchmarks/ name theirs
	@set -e; for name in $(BENCHMARKS); do \
	    echo "== benchmarks/$$name.py"; $(PYTHON) benchmarks/$$name.py; \
	done

reproduce: $(READY) ## Train the shipped slim-camvid11 again: make reproduce CAMVID=path/to/camvid
	@test -n "$(CAMVID)" || { echo "name CamVid's folder: make reproduce CAMVID=path/to/camvid"; exit 2; }
	$(PYTHON) tools/reproduce.py --camvid "$(CAMVID)"

clean: ## Remove caches and build products; keeps .venv, data/ and runs/
	rm -rf build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache
	rm -rf .hypothesis .import_linter_cache
	find src tests benchmarks examples tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): $(LOCK_STAMP) pyproject.toml
	$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(LOCK_STAMP): requirements.lock
	@for python in $(PYTHONS); do \
	    if "$$python" -c '$(FITS)' 2>/dev/null; then \
	        echo "Making $(VENV) with $$("$$python" --version)"; \
	        exec "$$python" -m venv "$(VENV)"; \
	    fi; \
	done; \
	echo "make: no Python 3.11, 3.12 or 3.13 with its venv module among: $(PYTHONS)" >&2; \
	echo "  do this: install one (Debian, Ubuntu: apt install python3 python3-venv)," >&2; \
	echo "           or name yours: make PYTHONS=/path/to/python3.12 setup" >&2; \
	exit 1
	$(PYTHON) -m pip install --requirement requirements.lock
	@touch $@

$(TENSORFLOW_STAMP): requirements-tensorflow.lock $(LOCK_STAMP)
	$(PYTHON) -m pip install --requirement requirements.lock --requirement $<
	@touch $@
