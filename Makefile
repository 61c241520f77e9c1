# Everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install postgres demo test test-long lint types clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# The tests start a PostgreSQL server of their own; initdb is off the PATH on Debian.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends postgresql; }

demo: install
	@sh docs/demo.sh $(BIN)/pxm

test: install postgres
	$(BIN)/pytest -q -m "not long" -n 2 --cov --cov-report=term

test-long: install postgres
	$(BIN)/pytest -q -m long

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .reconciler .coverage* .mypy_cache .pytest_cache .ruff_cache
