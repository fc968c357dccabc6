# The project's few verbs. Wants Python 3.11 or newer, make and git; everything else goes into .venv.

VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
DATA   ?= data
JOBS   ?= 2

.PHONY: help install run test check format bench faults lock clean
.DEFAULT_GOAL := help

help: ## what can be made (this)
	@echo "Tocsin: from the alert at 3am to 'it will not happen again'."
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r verb what; do printf '  make %-8s %s\n' "$$verb" "$$what"; done

install: $(STAMP) ## the virtual environment, from the lock file

# --require-hashes: what is installed is what the lock file's author saw. The package itself is editable and brings nothing.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tocsin needs Python 3.11 or newer; none was found."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "'$(PYTHON) -m venv' failed; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

run: $(STAMP) ## start Tocsin on ./data (offers the demo when nothing is configured)
	@scripts/run $(DATA)

test: $(STAMP) ## the fast tests, two at a time (JOBS=1: one; faults and benchmarks have their own verbs)
	$(BIN)/python -m pytest -n $(JOBS)

check: export TOCSIN_SECRET_KEY := only-for-checks
check: $(STAMP) ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## measure beside a real Alertmanager, printing ratios
	$(BIN)/python -m benchmarks

faults: $(STAMP) ## kill and starve real processes (tests/faults/README.md; FAULTS='-k sqlite': a part)
	$(BIN)/python -m pytest tests/faults -m faults --timeout=3600 $(FAULTS)

lock: $(STAMP) ## write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --extra=dev --generate-hashes --strip-extras --no-emit-find-links --no-emit-index-url \
		--no-emit-trusted-host --output-file=requirements.lock pyproject.toml

clean: ## remove the virtual environment and caches (never ./data)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .import_linter_cache
