# Two commands are enough: `make run` and `make test`. Each installs what it needs into .venv first.
.DEFAULT_GOAL := help
.PHONY: help install lock run test faults mutants coverage check format rows bench benchmark-summaries tour redrive keys index restore verify-audit export-day package attack generate clean \
        deploy rollback releases outputs logs e2e \
        lint formatted types ladder cold-path generated

PYTHON := .venv/bin/python
PORT ?= 8000
CHECKS := lint formatted types ladder cold-path generated
# Tests start interpreters by the hundred; where this is set, each of them would compile the product anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' Makefile

install: ## Put everything needed into .venv (the other commands do it themselves)
	@sh infra/install.sh

lock: install ## Renew the hashes of what requirements*.txt pin, and install it
	@$(PYTHON) -m infra.lock
	@sh infra/install.sh

run: install ## Serve the product with its whole cloud on this machine (PORT=8000, DATA=dir keeps data, DEMO=people)
	@$(PYTHON) -m infra.local --port $(PORT) $(if $(DATA),--data "$(DATA)") $(if $(DEMO),--demo "$(DEMO)")

# In the order of their names the small files come last, so that neither process waits long for the other.
test: install ## Run every test (ARGS="-k login" narrows it)
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

faults: install ## The fault table (ROUNDS=full, ROW=F12, SEED=7), also in build/faults.json
	@$(PYTHON) -m tests.faults --rounds $(or $(ROUNDS),reduced) $(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED))

mutants: install ## Take out ten and more conditions, one at a time: does the fault table notice?
	@$(PYTHON) -m tests.faults.mutants

coverage: install ## Which lines the tests reach, with pages in build/coverage/html
	@$(PYTHON) -m infra.coverage $(ARGS)

attack: install ## Attack the product and print what was tried (ROUNDS=full for a night, ATTACK=ids for one)
	@ROUNDS="$(ROUNDS)" ATTACK="$(ATTACK)" SEED="$(SEED)" $(PYTHON) -m tests.security.attack

check: install ## Lint, types, import ladder, cold path, generated files
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)

format: install ## Format the code and mend what the linter can mend
	@$(PYTHON) -m ruff check --fix-only --quiet
	@$(PYTHON) -m ruff format

rows: install ## Which test proves which promise, and what is open (ARGS=--open shows only that)
	@$(PYTHON) -m infra.rows $(ARGS)

bench: install ## Measure CPU, cold start and growth (BASELINE=write keeps it, ROUNDS=5; PART=catalogue: 1,000 to 100,000 courses)
	@$(PYTHON) -m tests.bench$(if $(filter catalogue,$(PART)),.catalogue 1000 10000 100000, --rounds "$(or $(ROUNDS),5)" \
	    --baseline "$(BASELINE)")

benchmark-summaries: install ## Time 100 calls each of weekly and monthly summaries, with and without ETag (USER_ID=student)
	@$(PYTHON) -m infra.benchmark_summaries --user-id "$(USER_ID)"

tour: install ## A guided story through the API, in the terminal
	@$(PYTHON) -m infra.tour $(ARGS)

redrive: install ## Send a queue's dead letters back to it (QUEUE=emails)
	@$(PYTHON) -m infra.redrive $(QUEUE)

keys: install ## The signing keys of a stage, and a step of their rotation (STAGE=dev DO=add KEY=k2)
	@$(PYTHON) -m infra.rotate_keys "$(or $(STAGE),local)" $(DO) $(if $(KEY),--key "$(KEY)") $(if $(FORCE),--force)

index: install ## Make the catalogue anew from the table (SCAN=1 looks for courses it was never told of)
	@$(PYTHON) -m infra.index $(if $(SCAN),--scan)

restore: install ## Bring items back from a table restored beside ours (FROM=table ONLY=prefix APPLY=missing)
	@$(PYTHON) -m infra.restore "$(FROM)" $(if $(ONLY),--only "$(ONLY)") $(if $(APPLY),--apply "$(APPLY)")

verify-audit: install ## Prove that nobody rewrote a day of the audit log (DAY=2026-01-31)
	@$(PYTHON) -m infra.verify_audit $(DAY)

export-day: install ## Make a day of the ML side's files anew and check it (DAY=2026-01-31)
	@$(PYTHON) -m infra.export_day $(DAY)

package: install ## Build what is deployed: two artefacts and their template (STAGE=dev)
	@$(PYTHON) -m infra.build $(STAGE)

deploy: install ## Bring a build to AWS, or to AWS_ENDPOINT_URL (STAGE=dev BUCKET=name)
	@$(PYTHON) -m infra.deploy deploy --stage "$(STAGE)" --bucket "$(BUCKET)" --artefacts "$(ARTEFACTS)" --set "$(SET)" \
	    $(if $(NEW_BUCKET),--new-bucket) $(if $(ANYWAY),--anyway)

rollback: install ## Run the release before again, data untouched (STAGE=dev BUCKET=name TO=release-or-commit)
	@$(PYTHON) -m infra.deploy rollback --stage "$(STAGE)" --bucket "$(BUCKET)" --to "$(TO)"

releases: install ## What was deployed when (STAGE=dev BUCKET=name)
	@$(PYTHON) -m infra.deploy releases --stage "$(STAGE)" --bucket "$(BUCKET)"

outputs: install ## Addresses and names of a deployed stage (STAGE=dev)
	@$(PYTHON) -m infra.deploy outputs --stage "$(or $(STAGE),dev)"

logs: install ## A function's log (FUNCTION=SendEmail STAGE=dev SINCE=10m FOLLOW=1)
	@$(PYTHON) -m infra.deploy logs "$(FUNCTION)" --stage "$(or $(STAGE),dev)" --since "$(or $(SINCE),10m)" \
	    $(if $(FOLLOW),--follow)

e2e: install ## The real artefacts and template on a fresh emulation, IAM enforced
	@$(PYTHON) -m pytest tests/e2e $(ARGS)

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
