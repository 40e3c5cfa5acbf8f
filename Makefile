# The first command of a newcomer is `make report`. All of these set up .venv first.

.PHONY: help report test lint images venv lock

SNAKEMAKE = .venv/bin/snakemake

help:
	@echo "make report   train everything and write the report (config.yaml)"
	@echo "make test     run all tests"
	@echo "make lint     check format and style of code and workflow"
	@echo "make images   renew the pictures of the README from the results"
	@echo "make lock     renew envs/requirements.txt from envs/requirements.in (needs uv)"

report: venv
	@$(SNAKEMAKE) --cores all
	@echo "The report: $$(.venv/bin/python -c 'import yaml; print(yaml.safe_load(open("config.yaml")).get("results", "results"))')/report/index.html"

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

# The pictures of the README, from the results of `make report`.
FFMPEG = $$(.venv/bin/python -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")

images: venv
	$(FFMPEG) -v error -y -i results/figures/batch_size.png -vf scale=900:-1:flags=lanczos docs/images/batch_size.png
	$(FFMPEG) -v error -y -ss 0.5 -i results/comparisons/bn_relu.mp4 -frames:v 1 -pix_fmt gray docs/images/dw.png
