# Needs python3 (3.11 or newer), make and git; everything else goes into .venv.
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MINIMUM := .venv-minimum
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help demo test test-data lint docs bench bench-peers test-minimum clean

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

demo: $(VENV)/.installed ## the whole path on the embedded data, written to demo/
	$(BIN)/seqrec demo

test: $(VENV)/.installed ## tests and docstring examples, newest versions
	$(PYTEST) -n 2

lint: $(VENV)/.installed ## ruff, mypy and the docstring rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(PYTEST) -q tests/test_docstrings.py

docs: $(VENV)/.installed-docs ## HTML in docs/_build/html, examples run
	rm -rf docs/generated
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

# Not part of CI: takes hours and wants a quiet machine. Single parts, and options:
# make bench BENCH='training inference --data beauty --cap 60'
bench: $(VENV)/.installed ## quality, speed and memory, beside the peers that are there
	$(BIN)/python benchmarks/run.py $(BENCH)

bench-peers: .venv-rectools/.installed .venv-recbole/.installed ## what bench compares with

# Not part of CI: skips what is not there, and takes minutes.
test-data: $(VENV)/.installed ## the README's code on real data sets beside the repository
	$(PYTEST) -m real_data tests/test_real_data.py

test-minimum: $(MINIMUM)/.installed ## tests, oldest versions pyproject.toml admits
	OMP_NUM_THREADS=1 $(MINIMUM)/bin/python -m pytest -n 2

clean: ## remove environments, caches and everything built
	rm -rf $(VENV) $(MINIMUM) .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf .venv-rectools .venv-recbole
	rm -rf build demo dist docs/_build docs/api.rst docs/auto_examples docs/generated
	rm -f docs/sg_execution_times.rst
	find seqrec tests examples docs -name __pycache__ -type d -prune -exec rm -rf {} +

# torch first and alone: an installed torch that fits is then left as it is.
define create_environment
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "seqrec needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install -q torch -c $(2)
	$(1)/bin/python -m pip install -q -e '.[dev]' -c $(2)
	touch $(1)/.installed
endef

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call create_environment,$(VENV),constraints.txt)

$(MINIMUM)/.installed: pyproject.toml constraints-minimum.txt
	$(call create_environment,$(MINIMUM),constraints-minimum.txt)

# Peers want older packages than seqrec, and each its own.
define create_peer
	$(PYTHON) -m venv .venv-$(1)
	.venv-$(1)/bin/python -m pip install -q torch -c constraints.txt
	.venv-$(1)/bin/python -m pip install -q $(2)
	touch .venv-$(1)/.installed
endef

.venv-rectools/.installed: constraints.txt
	$(call create_peer,rectools,'rectools[torch]==0.19.0')

.venv-recbole/.installed: constraints.txt
	$(call create_peer,recbole,recbole==1.2.1 'setuptools<81' 'numpy<2' 'pandas<3')

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install -q -e '.[docs]' -c constraints.txt
	touch $@
