# The first command of a newcomer is `make report`. All of these set up .venv first.

.PHONY: help report test lint venv lock

SNAKEMAKE = .venv/bin/snakemake

help:
	@echo "make report   train everything and write the report (config.yaml)"
	@echo "make test     run all tests"
	@echo "make lint     check format and style of code and workflow"
	@echo "make lock     renew envs/requirements.txt from envs/requirements.in (needs uv)"

report: venv
	@$(SNAKEMAKE) --cores all

test: venv
	@.venv/bin/pytest

lint: venv
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/snakefmt --check Snakefile workflow/rules
	$(SNAKEMAKE) --lint

venv:
	@envs/venv.sh

lock:
	envs/lock.sh
