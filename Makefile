# Everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

CHROMIUM := /usr/bin/chromium
CHROMEDRIVER := /usr/bin/chromedriver

.PHONY: install browser install-browser demo test test-long lint types clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

# The pages of the sandbox are tested in Debian's Chromium.
browser:
	@test -x $(CHROMIUM) && test -x $(CHROMEDRIVER) || $(MAKE) --no-print-directory install-browser

install-browser:
	@command -v apt-get >/dev/null || { \
	  echo "make: the tests of the sandbox's page need $(CHROMIUM) and $(CHROMEDRIVER)," >&2; \
	  echo "  and there is no apt-get here to install them with: install Chromium and its driver" >&2; \
	  echo "  with the package manager of this system and link them there." >&2; exit 1; }
	@root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium chromium-driver

demo: install
	@sh docs/demo.sh $(BIN)/pxm

test: install browser
	$(BIN)/pytest -q -m "not long" -n 2 --cov --cov-report=term

test-long: install
	$(BIN)/pytest -q -m long

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .reconciler .coverage* .mypy_cache .pytest_cache .ruff_cache
