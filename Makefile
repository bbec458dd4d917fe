# Two commands do everything on a machine that has Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=
SEEDS  ?= 4000

.PHONY: demo test soak bench pictures check format lock schema clean help

help:            ## list the commands
	@grep -E '^[a-z]+: .*##|^[a-z]+:  *##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Partner Journey needs Python 3.11 or newer. Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)   ## sandbox GitLab + bot + a partner in mid-stage (ARGS=--once: the whole journey, headless)
	$(BIN)/partner-journey demo $(ARGS)

test: $(STAMP)   ## all tests
	$(BIN)/python -m pytest -n auto $(ARGS)

soak: $(STAMP)   ## the simulation with thousands of seeds, and every single fault; an hour or more (SEEDS=20000: more)
	PARTNER_JOURNEY_SEEDS=$(SEEDS) PARTNER_JOURNEY_EVERY=1 $(BIN)/python -m pytest -n auto --maxfail=3 tests/simulation $(ARGS)

bench: $(STAMP)  ## side by side with peers, limits and budgets, to benchmarks/RESULTS.md (ARGS=--quick: short, only shown)
	$(BIN)/python -m benchmarks $(ARGS)

pictures: $(STAMP) ## renew the pictures in docs/images from the demo (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

check: $(STAMP)  ## style, types, layers, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/partner-journey template check

format: $(STAMP) ## rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
lock:            ## renew both locks (needs uv): everything, and what the service alone needs; they name no index host
	$(LOCK) --group dev -o requirements.lock
	$(LOCK) -c requirements.lock -o requirements-service.lock

schema: $(STAMP) ## renew the generated schemas and tables in docs/ and journey_templates/
	$(BIN)/partner-journey docs generate

clean:           ## forget the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
