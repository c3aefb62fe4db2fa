# Everything a person or a machine does with this project. `make help` lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
INSTALL := @command -v python3 >/dev/null 2>&1 || { echo "python3 is needed, version 3.11 or newer"; exit 1; }; python3 sealreg/local/install.py

.PHONY: help run walk test check bench prove fmt messages lock clean install dev

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: install ## Start everything on this machine and print Ready (PORT=9000 moves it)
	@$(PY) -m sealreg.local.run

walk: install ## The main job through HTTP against a running `make run`, every result checked
	@$(PY) -m sealreg.local.walk

test: dev ## Run the whole test suite (ARGS="-k outbox" narrows it, COVERAGE=1 measures it)
	@$(PY) -m tests.chromium
	@$(PY) -m tests.readers
	@$(PY) -m tests.tokens
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(if $(COVERAGE),--cov --cov-report=term) $(ARGS)

check: dev ## Format, lint, types, floors, templates, migrations, diagrams, settings
	@$(PY) -m tests.check $(if $(ONLY),--only $(ONLY))

bench: dev ## Benchmarks against their limits (ONLY=check, filing, lists, injection, crypto; ROWS=1000000)
	@$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(ROWS),--rows $(ROWS))

prove: dev ## Fault and attack proofs with counts (ONLY=outbox, filing, codes, look_up, canary, licence, chips)
	@$(PY) -m tests.prove $(if $(ONLY),--only $(ONLY))

fmt: dev ## Format the code
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

messages: dev ## Refresh the English catalogue from the Chinese source strings
	@$(PY) -m tests.messages update

lock: dev ## Pin every dependency with hashes, without index addresses
	@$(PY) -m tests.lock

clean: ## Remove .venv and .local (all local data)
	@python3 -c "import fcntl, sys; f = open('.local/run.lock', 'a'); fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)" 2>/dev/null || test ! -e .local/run.lock || { echo "The stack is running; stop it first (Ctrl-C)."; exit 1; }
	rm -rf .venv .local

install:
	$(INSTALL)

dev:
	$(INSTALL) --dev
