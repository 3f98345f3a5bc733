# The verbs of this repository. Each sets up what it needs; `make help` lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
S3 := .venv-s3
S3_PINS := tests/integration/dataset/s3-server.txt
TRACKERS := .venv-trackers
TRACKER_PINS := tests/integration/trackers/trackers.txt

.DEFAULT_GOAL := help
.PHONY: help setup buckets trackers demo test unit core lint check docs web bench constraints clean

help:  ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(STAMP)  ## Make .venv with the pinned CPU stack (once; a few minutes)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the CPU stack into $(VENV) (about 4 GB) …"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[cpu,transformers,quantized,semantic,openai,card,dev]"
	@touch $@

buckets: $(S3)/.set-up  ## Make .venv-s3 with the S3 server that tests of buckets ask

$(S3)/.set-up: $(S3_PINS)
	@test -x $(S3)/bin/python || $(PYTHON) -m venv $(S3)
	$(S3)/bin/pip install --quiet --disable-pip-version-check -r $(S3_PINS)
	@touch $@

trackers: $(TRACKERS)/.set-up  ## Make .venv-trackers with MLflow and W&B beside .venv's packages

# A .pth file names .venv's packages; what is installed here comes before them.
$(TRACKERS)/.set-up: $(TRACKER_PINS) $(STAMP)
	@test -x $(TRACKERS)/bin/python || $(PYTHON) -m venv $(TRACKERS)
	$(TRACKERS)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $(TRACKER_PINS)
	@$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
	  > $$($(TRACKERS)/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/shared.pth
	@touch $@

demo: setup  ## Run the recipe-title suite on the demo model, offline, on real vLLM
	$(BIN)/harness run prompts/recipe-titles --with-reported

test: setup buckets trackers  ## Run all tests, the end-to-end ones on real vLLM too
	$(BIN)/pytest -n 2 --no-loadscope-reorder

unit: setup  ## Run the unit tests alone, in half a minute
	$(BIN)/pytest -q -n 2 tests/unit

core:  ## Install without extras into an empty environment, and use the command there
	$(PYTHON) tests/core/leg.py

lint: setup  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup  ## Check the documentation: links, lengths, commands
	$(BIN)/pytest -q tests/unit/test_docs.py

check:  ## What CI runs: lint, test, docs, core
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint core
	@$(MAKE) --no-print-directory test docs

web:  ## Build what makes report.html react, with node: harness/report/page/src → dist
	cd harness/report/page && npm ci --no-audit --no-fund && npm run --silent check && npm run --silent build

bench: setup  ## Run the benchmarks; each prints its figure last
	@for script in benchmarks/*.py benchmarks/statistics; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

constraints:  ## Freeze what .venv holds into constraints.txt
	@{ sed -n '/^#/p' constraints.txt; \
	   $(BIN)/pip freeze --exclude-editable | grep -v '^-e' | sed 's/+cpu//' | sort -f; } > constraints.new
	@mv constraints.new constraints.txt

clean:  ## Remove .venv and caches; results stay
	rm -rf $(VENV) $(S3) $(TRACKERS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
