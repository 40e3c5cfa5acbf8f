# The first command of a newcomer is `make report`. All of these set up .venv first.

.PHONY: help report replicate test test-cluster test-envs test-container test-faults verify instruction-sets audit mnist benchmark benchmark-dense growth scale lint images venv lock

SNAKEMAKE = .venv/bin/snakemake
# Quoted, since shells see it.
RESULTS = $(shell .venv/bin/python -c 'import shlex, yaml; print(shlex.quote(str(yaml.safe_load(open("config.yaml")).get("results", "results"))))')

help:
	@echo "make report   train everything and write the report (config.yaml)"
	@echo "make replicate the same with five seeds: intervals for every verdict"
	@echo "make test     run all tests"
	@echo "make test-cluster run the quick configuration on a real Slurm of one node (root, Debian: slurm-wlm munge)"
	@echo "make test-envs run each rule's script in an environment that holds only what its file in envs/ pins"
	@echo "make test-container build the image of envs/Containerfile, and run jobs in it (root, Debian: buildah mmdebstrap)"
	@echo "make test-faults break runs in every way and at every stage (an hour or two; root for full disks)"
	@echo "make verify   run the quick configuration twice under different circumstances, and compare all results"
	@echo "make instruction-sets how far trainings come apart on AVX-512 and AVX2"
	@echo "make audit    look for known vulnerabilities of the locked versions (needs PyPI itself)"
	@echo "make benchmark time the training engines and their peers side by side"
	@echo "make benchmark-dense the same where nothing can be left out: standardised inputs, more hidden layers"
	@echo "make growth   time and memory against width, depth, images and seeds"
	@echo "make scale    what ten thousand runs cost beside the training (made-up tables)"
	@echo "make lint     check format and style of code and workflow"
	@echo "make images   renew the pictures of the documents from the results"
	@echo "make lock     renew the locks in envs/ from their .in files (needs uv)"

report: venv
	@$(SNAKEMAKE) --cores all
	@echo "The report:" $(RESULTS)/report/index.html

# The article's configuration over five seeds, which is what gives the verdicts their intervals.
replicate: venv
	@$(SNAKEMAKE) --cores all --config seeds=5
	@echo "The report:" $(RESULTS)/report/index.html

test: venv
	@.venv/bin/pytest

# Part of `make test` too; there and here it is skipped where it cannot be done, unless CI is set.
test-cluster: venv
	@.venv/bin/pytest tests/e2e/test_cluster.py tests/e2e/test_preemption.py

# Part of `make test` too.
test-envs: venv
	@.venv/bin/pytest tests/e2e/test_environments.py tests/e2e/test_conda.py

# `make test` runs jobs in a simpler image.
test-container: venv
	@.venv/bin/pytest -m "full or not full" tests/e2e/test_container.py

# The whole matrix of what is broken on purpose, of which `make test` does a sample; see docs/faults.md.
test-faults: venv
	@.venv/bin/pytest -m faults

# What the measurements below read.
RAW = $(RESULTS)/data/MNIST/raw

mnist: venv
	@$(SNAKEMAKE) --cores all --quiet all -- $(RAW)/train-images-idx3-ubyte

# Each training engine and its peers, side by side; ROUNDS=1 is quicker and coarser.
ROUNDS = 3

benchmark: mnist
	@envs/venv.sh .venv-benchmark envs/benchmark.txt
	@PYTHONPATH=workflow .venv/bin/python workflow/benchmark/compare.py --rounds $(ROUNDS) \
	  --raw $(RAW) --results $(RESULTS) --jax-python .venv-benchmark/bin/python

# The same where nothing can be left out: inputs without a zero, and more hidden layers.
DENSE = PYTHONPATH=workflow .venv/bin/python workflow/benchmark/compare.py --rounds $(ROUNDS) \
  --raw $(RAW) --results $(RESULTS) --only dying-relu dying-relu-torch pytorch-compile

benchmark-dense: mnist
	@$(DENSE) --name benchmark-standardized --network=--standardized
	@$(DENSE) --name benchmark-2-layers --network="--hidden 256 256"
	@$(DENSE) --name benchmark-4-layers --network="--hidden 256 256 256 256"
	@$(DENSE) --name benchmark-4-layers-standardized --network="--hidden 256 256 256 256 --standardized"

# How time and memory grow with the network and the data.
growth: mnist
	@PYTHONPATH=workflow .venv/bin/python workflow/benchmark/growth.py --rounds $(ROUNDS) \
	  --raw $(RAW) --results $(RESULTS)

# What ten thousand runs cost beside the training, with made-up tables.
scale: mnist
	@PYTHONPATH=workflow .venv/bin/python workflow/benchmark/scale.py --raw $(RAW) --work $(RESULTS)/scale

# Whether the same configuration gives the same bytes; see docs/reproducibility.md.
verify: mnist
	@PYTHONPATH=workflow .venv/bin/python workflow/reproducibility/verify.py \
	  --raw $(RAW) --results $(RESULTS)

instruction-sets: mnist
	@PYTHONPATH=workflow .venv/bin/python workflow/reproducibility/instruction_sets.py \
	  --raw $(RAW) --results $(RESULTS)

# Each lock against the vulnerabilities that PyPI knows. A package that cannot be looked up is an error, too.
AUDIT = .venv-audit/bin/pip-audit --strict --vulnerability-service pypi --disable-pip --require-hashes --progress-spinner off

audit:
	@envs/venv.sh .venv-audit envs/audit.txt
	@for lock in requirements benchmark audit rattler cloud; do $(AUDIT) -r envs/$$lock.txt || exit; done

lint: venv
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	PYTHONPATH=workflow .venv/bin/lint-imports --no-logo
	.venv/bin/snakefmt --check Snakefile workflow/rules
	.venv/bin/hadolint envs/Containerfile
	$(SNAKEMAKE) --lint

venv:
	@envs/venv.sh

lock:
	envs/lock.sh

# The pictures of README and docs/claims.md, from the results of `make replicate`, which this completes where needed.
images: venv
	$(SNAKEMAKE) --cores all --config seeds=5 -- $(addprefix docs/images/,batch_size.png dw.png raster.png)
