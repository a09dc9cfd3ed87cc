# Everything here needs Python 3.11 or newer and a network for the first time; nothing else.
PYTHON ?= python3
VENV := .venv
WORKERS ?= 2
RUN := $(VENV)/bin/python

LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" $(ARGS)

.PHONY: help run test tests test-pythons check chaos soak bench lock clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

run: $(VENV)/ready ## start everything; the page is at http://localhost:8050
	@$(RUN) start_pipeline.py $(ARGS)

test: $(VENV)/ready-dev ## every check and every test, on a real Kafka, a real PostgreSQL and a real browser
	@$(MAKE) --no-print-directory -j2 check tests

tests: $(VENV)/ready-dev
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-pythons: ## the tests that need no server, under every Python from 3.11 on that is found here
	$(PYTHON) -m tests.pythons $(ARGS)

check: $(VENV)/ready-dev ## style, types and who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

chaos: $(VENV)/ready-dev ## kill parts and servers at random and compare every table
	$(RUN) -m tests.chaos $(ARGS)

soak: $(VENV)/ready-dev ## walk over the page at random, as users do, 2,000 actions over three sizes
	$(RUN) -m tests.walk $(ARGS)

bench: $(VENV)/ready-dev ## measure what this machine can do
	$(RUN) -m benchmarks.throughput $(ARGS)

lock: $(VENV)/ready-dev ## write the lock files anew, as requirements*.txt say; ARGS=--upgrade: everything else as new as can be
	$(VENV)/bin/uv $(LOCK) requirements.txt -o requirements.lock
	$(VENV)/bin/uv $(LOCK) -c requirements.lock requirements-dev.txt -o requirements-dev.lock
	$(VENV)/bin/uv $(LOCK) -c requirements.lock requirements-lstm.txt -o requirements-lstm.lock

clean: ## remove the environments; data stay in .tickstream
	rm -rf $(VENV) $(VENV)-3.*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: requirements.lock | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $(VENV)/ready $@
