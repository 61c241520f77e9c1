# Everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install packages demo test test-long lint types clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# The tests start a PostgreSQL server and a headless Chromium of their own.
packages:
	@sh .ci/packages

demo: install
	@sh docs/demo.sh $(BIN)/pxm

test: install packages
	$(BIN)/pytest -q -m "not long" -n 2 --cov --cov-report=term

# Sweeps wait more than they work: more of them than cores.
test-long: install packages
	$(BIN)/pytest -q -m long -n 6

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .reconciler .coverage* .mypy_cache .pytest_cache .ruff_cache
