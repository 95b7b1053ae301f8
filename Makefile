# make demo    from nothing to a small trained model and its report
# make test    the tests and the laws        make lint types    style and types
# make docs    the generated references      make clean         what make made
# make bench   speed beside the peers, which are installed for it; ONLY=quality measures one benchmark
# make conformance   the dialects of filter.quality beside their tools, row by row; ONLY=dolma compares one

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Where there is no NVIDIA driver, TORCH_INDEX may name a package index that holds CPU builds of torch (see CONTRIBUTING.md).
DRIVER := $(shell nvidia-smi >/dev/null 2>&1 && echo yes)
INDEX  := $(if $(DRIVER),,$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)))
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(INDEX)

# Tests reach no network, whatever the machine's settings.
OFFLINE := HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 TOKENIZERS_PARALLELISM=false

.PHONY: demo test lint types docs bench conformance clean

demo: $(VENV)/demo.stamp
	TILTH_STORE=.tilth TILTH_RUNS=runs $(BIN)/tilth run recipes/python-docs.yaml

# Each process of the tests has a core to itself: threads of several, waiting for each other, made trainings many times slower.
test: $(VENV)/test.stamp
	$(OFFLINE) OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/test.stamp
	$(BIN)/mypy

docs: $(VENV)/test.stamp
	$(BIN)/python docs/generate.py

# Installs the peers below .bench, measures for about half an hour, writes bench/results and docs/benchmarks.md.
bench: $(VENV)/test.stamp
	$(BIN)/python -m bench.measure $(ONLY)

# Installs the tools whose dialects `filter.quality` has, and compares row by row; writes bench/conformance/results and docs/conformance.md.
conformance: $(VENV)/test.stamp
	$(BIN)/python -m bench.conformance $(ONLY)

clean:
	rm -rf $(VENV) .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tilth needs Python 3.11 or newer: make PYTHON=python3.13 …")'
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than the two files that say what to install, so a second `make` installs nothing.
$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[train]'
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) --editable '.[train,dev]'
	@touch $@
