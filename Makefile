# Everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install packages packages-all demo test test-long test-slow test-lowest test-wheel mutants bench schemas lint lint-ci types clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# The tests start a PostgreSQL server and a headless Chromium of their own; with LibreOffice, too.
packages:
	@sh .ci/packages

packages-all:
	@sh .ci/packages all

demo: install
	@sh docs/demo.sh $(BIN)/pxm

# Many tests wait for a server: others run meanwhile.
test: install packages
	$(BIN)/pytest -q -m "not long" -n 4 --dist worksteal --cov --cov-report=term

# Sweeps wait more than they work: more of them than cores.
test-long: install packages-all
	$(BIN)/pytest -q -m long -n 6 --dist worksteal

# The tests that wait or look at a clock, on a machine made ten times slower.
test-slow: install packages
	@sh .ci/test-slow

# Changes of the pure core that no unit test sees; MUTANTS="merge --most 100" takes some.
mutants: install
	$(BIN)/python -m tests.mutants $(MUTANTS)

# What it costs: writes docs/benchmarks.md with its plots. On a quiet machine; less than half an hour.
bench: install packages
	$(BIN)/python -m benchmarks $(BENCH)

# What CI runs besides: the lowest versions of the dependencies, the wheel as a user installs it.
test-lowest: packages
	@PYTHON=$(PYTHON) sh .ci/test-lowest

test-wheel:
	@PYTHON=$(PYTHON) sh .ci/test-wheel

# What is published for editors, from the tables of the code.
schemas: install
	$(BIN)/python -m reconciler.catalog.published schemas/catalog.schema.json

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The workflows and the action.
lint-ci: install
	@sh .ci/lint-ci $(BIN)

types: install
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .venv-lowest .reconciler .coverage* .mypy_cache .pytest_cache .ruff_cache
