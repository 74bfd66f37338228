# Two commands are enough: `make run` and `make test`. Each installs what it needs into .venv first.
.DEFAULT_GOAL := help
.PHONY: help install run test coverage check format rows tour redrive restore verify-audit generate clean \
        lint formatted types ladder cold-path generated

PYTHON := .venv/bin/python
PORT ?= 8000
CHECKS := lint formatted types ladder cold-path generated

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

install: ## Put everything needed into .venv (the other commands do it themselves)
	@sh infra/install.sh

run: install ## Serve the product with its whole cloud on this machine (PORT=8000, DATA=dir keeps data)
	@$(PYTHON) -m infra.local --port $(PORT) $(if $(DATA),--data "$(DATA)")

test: install ## Run every test (ARGS="-k login" narrows it)
	@$(PYTHON) -m pytest -n 2 --dist loadfile $(ARGS)

coverage: install ## Which lines the tests reach, with pages in build/coverage/html
	@$(PYTHON) -m infra.coverage

check: install ## Lint, types, import ladder, cold path, generated files
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)

format: install ## Format the code and mend what the linter can mend
	@$(PYTHON) -m ruff check --fix-only --quiet
	@$(PYTHON) -m ruff format

rows: install ## Which test proves which promise, and what is open (ARGS=--open shows only that)
	@$(PYTHON) -m infra.rows $(ARGS)

tour: install ## A guided story through the API, in the terminal
	@$(PYTHON) -m infra.tour $(ARGS)

redrive: install ## Send a queue's dead letters back to it (QUEUE=emails)
	@$(PYTHON) -m infra.redrive $(QUEUE)

restore: install ## Bring items back from a table restored beside ours (FROM=table ONLY=prefix APPLY=missing)
	@$(PYTHON) -m infra.restore "$(FROM)" $(if $(ONLY),--only "$(ONLY)") $(if $(APPLY),--apply "$(APPLY)")

verify-audit: install ## Prove that nobody rewrote a day of the audit log (DAY=2026-01-31)
	@$(PYTHON) -m infra.verify_audit $(DAY)

generate: install ## Write the generated files anew
	@$(PYTHON) -m infra.generate

clean: ## Remove what tools, tests and builds leave behind; .venv stays
	@rm -rf build htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The steps of `make check`; each can be run alone.
lint:
	@$(PYTHON) -m ruff check

formatted:
	@$(PYTHON) -m ruff format --check

types:
	@$(PYTHON) -m mypy

ladder:
	@.venv/bin/lint-imports --no-logo

cold-path:
	@$(PYTHON) -m infra.coldpath

generated:
	@$(PYTHON) -m infra.generate --check
