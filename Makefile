# Everything here needs Python 3.11 or newer and a network for the first time; nothing else.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help run test check chaos bench clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(VENV)/ready ## start everything; the page is at http://localhost:8050
	@$(RUN) start_pipeline.py $(ARGS)

test: $(VENV)/ready-dev check ## every check and every test, on a real Kafka, a real PostgreSQL and a real browser
	$(RUN) -m pytest $(ARGS)

check: $(VENV)/ready-dev ## style, types and who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

chaos: $(VENV)/ready-dev ## kill parts and servers at random and compare every table
	$(RUN) -m tests.chaos $(ARGS)

bench: $(VENV)/ready-dev ## measure what this machine can do
	$(RUN) -m benchmarks.throughput $(ARGS)

clean: ## remove the environment; data stay in .tickstream
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: requirements.txt | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(VENV)/ready $@
