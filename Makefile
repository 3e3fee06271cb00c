# Everything below needs Python 3.11+, pip, make and git; the rest is fetched once into .tools and .venv.

PYTHON ?= python3
POETRY_VERSION ?= 2.5.1
HOST ?= 127.0.0.1
PORT ?= 8000
# How often `make soak` kills a server, what its random choices begin with, and how long it may take.
N ?= 25
SEED ?= $(shell date +%s)
BOUND ?= 60m

TOOLS := .tools/poetry
POETRY := $(TOOLS)/bin/poetry
BIN := .venv/bin

export POETRY_VIRTUALENVS_IN_PROJECT := true
export POETRY_NO_INTERACTION := 1
export POETRY_KEYRING_ENABLED := false
export PYTHON_KEYRING_BACKEND := keyring.backends.null.Keyring
# Poetry does not read pip's configuration; it is told which index this machine uses.
export POETRY_PYPI_MIRROR_URL ?= $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null \
	|| $(PYTHON) -c "from pip._internal.models.index import PyPI; print(PyPI.simple_url)")
# An activated environment of somebody else's must not be taken for ours.
unexport VIRTUAL_ENV
unexport PYTHONPATH
# What is compiled once starts twice as fast.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test soak check bench format example openapi states schema contract lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.run ## install what running needs

run: .venv/.run ## migrate, load the demo and serve on HOST:PORT (127.0.0.1:8000)
	@$(BIN)/alembic upgrade head
	@exec $(BIN)/kcs serve --with-demo --host $(HOST) --port $(PORT)

test: .venv/.dev ## run every test on SQLite and on a PostgreSQL of its own (ARGS go to pytest)
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

soak: .venv/.dev ## show what must hold under load and crashes (N=25 kills, SEED=, an hour at most)
	@timeout -s INT -k 60 $(BOUND) $(BIN)/python -m pytest -q -m soak --soak -o faulthandler_timeout=0 --faults=$(N) --seed=$(SEED) $(ARGS)

check: .venv/.dev ## lint, types, import contracts and architecture tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/test_architecture.py

bench: .venv/.dev ## measure the service beside a bare program (ARGS=--quick: a minute, not eight)
	@$(BIN)/python -m bench $(ARGS)

format: .venv/.dev ## rewrite the sources in the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

openapi: .venv/.run ## write docs/openapi.json anew
	@$(BIN)/kcs openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

states: .venv/.run ## write docs/trade-states.md anew
	@$(BIN)/kcs docs trade-states > docs/trade-states.md.new && mv docs/trade-states.md.new docs/trade-states.md

schema: .venv/.dev ## write docs/schema.*.sql and docs/erd.md anew, and verify them
	@$(BIN)/python -m tests.support.schema_pages

contract: .venv/.dev ## lint docs/openapi.json, compile two clients of it, sign in by a real provider (needs Node, npm)
	@command -v npm > /dev/null || { echo "make contract needs Node 20 or newer, with npm."; exit 1; }
	@cd contract && npm ci --silent && npm run --silent contract
	@$(BIN)/python -m pytest -q tests/identity/test_oidc_node.py

example: .venv/.run ## write .env.example anew after a setting has changed
	@$(BIN)/kcs config example > .env.example.new && mv .env.example.new .env.example

lock: $(TOOLS)/.installed ## resolve pyproject.toml into poetry.lock again
	@$(POETRY) lock

clean: ## forget environments, tools and the embedded database
	rm -rf .venv .tools var

# Without Debian's python3-venv there is no pip inside an environment, so pip works on it from outside.
$(TOOLS)/.installed: Makefile
	@echo "Installing Poetry into $(TOOLS) ..."
	@rm -rf $(TOOLS)
	@$(PYTHON) -m venv --without-pip $(TOOLS)
	@$(PYTHON) -m pip --python $(TOOLS)/bin/python install -qq --disable-pip-version-check --no-input \
		poetry==$(POETRY_VERSION) poetry-plugin-pypi-mirror
	@touch $@

.venv/.run: $(TOOLS)/.installed pyproject.toml poetry.lock
	@echo "Installing what running needs into .venv ..."
	@$(POETRY) env use -q $(PYTHON)
	@$(POETRY) install -q --only main
	@touch $@

.venv/.dev: $(TOOLS)/.installed pyproject.toml poetry.lock
	@echo "Installing what running, testing and checking need into .venv ..."
	@$(POETRY) env use -q $(PYTHON)
	@$(POETRY) install -q --all-groups
	@touch $@ .venv/.run
