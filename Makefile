# The first command of a newcomer is `make report`. All commands but `help` set up .venv first.

.DEFAULT_GOAL = help
.PHONY: help report replicate test test-faults lint benchmark measure verify images schema venv lock
SNAKEMAKE = .venv/bin/snakemake
REPLICATE = workflow/experiments/controls.yaml
MEASURE = PYTHONPATH=workflow .venv/bin/python -m measure.

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

report: venv ## train everything and write the report (config.yaml)
	@$(SNAKEMAKE) --cores all

replicate: venv ## the same and controls with ten other seeds: intervals for every verdict
	@$(SNAKEMAKE) --cores all --configfile $(REPLICATE)

test: venv ## run all tests; .venv/bin/pytest takes the path of a single one
	@.venv/bin/pytest

test-faults: venv ## break runs in every way and at every stage (an hour or two; root for full disks)
	@.venv/bin/pytest -m faults

lint: venv ## check format and style of code and workflow
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	PYTHONPATH=workflow .venv/bin/lint-imports --no-logo
	.venv/bin/snakefmt --check Snakefile workflow/rules
	.venv/bin/hadolint envs/Containerfile
	$(SNAKEMAKE) --lint

benchmark: venv ## time the training engines and their peers; ARGS=--quick: a few of them, in two minutes
	@$(if $(findstring --quick,$(ARGS)),,envs/venv.sh .venv-benchmark envs/benchmark.txt)
	@$(MEASURE)benchmark $(ARGS)

verify: venv ## run the quick configuration twice, and compare all results byte for byte
	@.venv/bin/pytest tests/e2e/test_again.py -k same_bytes

measure: venv ## WHAT=planning or WHAT=parts: what else docs/benchmark.md shows
	@$(MEASURE)$(WHAT)

images: replicate ## renew the pictures of the documents, from the results of ten seeds
	PYTHONPATH=workflow .venv/bin/python workflow/images.py $(REPLICATE)

schema: venv ## renew the schema that editors read, from the models of the configuration
	@PYTHONPATH=workflow .venv/bin/python -m dying_relu.configuration.schema

venv: ## set up .venv from the lock
	@envs/venv.sh

lock: ## renew the locks in envs/ from their .in files (needs uv)
	envs/lock.sh
