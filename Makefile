# Requirements: Python 3.11 or newer, and a network connection for the first run.
PYTHON ?= python3
VENV := .venv
WORKERS ?= 4
RUN := $(VENV)/bin/python

# Every part is a process of its own: without cached bytecode each start would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" $(ARGS)

.PHONY: help run test tests test-extras test-pythons check chaos chaos-requests soak bench lock example clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: $(VENV)/ready ## start all parts; the page is at http://localhost:8050
	@$(RUN) start_pipeline.py $(ARGS)

test: $(VENV)/ready-dev ## all checks beside all tests in four workers (WORKERS=N), with the seconds of each group of tests
	@$(MAKE) --no-print-directory -j2 check tests

tests: $(VENV)/ready-dev
	$(RUN) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-pythons: ## tests that need no server, with every installed Python from 3.11 on
	$(PYTHON) -m tests.pythons $(ARGS)

test-extras: $(VENV)/ready-dev ## slow variants of tests, and those of the log and the loop with kafka-python, the other Kafka client
	$(RUN) -m pytest -n $(WORKERS) -m "second_client or variant" tests $(ARGS)

check: $(VENV)/ready-dev ## style, types and import contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

chaos: $(VENV)/ready-dev ## kill parts and servers at random, then compare every table with an undisturbed run
	$(RUN) -m tests.chaos $(ARGS)

chaos-requests: $(VENV)/ready-dev ## the same while users change rules and handle alerts, compared with the log folded again
	$(RUN) -m tests.chaos.with_requests $(ARGS)

soak: $(VENV)/ready-dev ## 2,000 random user actions on the page at three sizes, checked after each one
	$(RUN) -m tests.walk $(ARGS)

bench: $(VENV)/ready-dev ## measure throughput and a quiet desk, and compare their CPU time with the budget
	$(RUN) -m benchmarks.budget $(ARGS)

lock: $(VENV)/ready-dev ## write the lock files from requirements*.txt; ARGS=--upgrade: newest versions of all other packages
	$(VENV)/bin/uv $(LOCK) requirements.txt -o requirements.lock
	$(VENV)/bin/uv $(LOCK) -c requirements.lock requirements-dev.txt -o requirements-dev.lock
	$(VENV)/bin/uv $(LOCK) -c requirements.lock requirements-lstm.txt -o requirements-lstm.lock

example: $(VENV)/ready ## write the lines of .env.example again that are made from the catalog of indicators
	$(RUN) -m shared.settings.example

clean: ## remove the Python environments; the data in .tickstream are kept
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
