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

# Tests write thousands of small files, and Tilth sees each of its own to the disk: a run of a few rows waits for a hundred and sixty. Their
# temporary folder lies in memory where that has 4 GB of room and may hold programs.
MEMORY := $(shell grep -q ' /dev/shm [^ ]* [^ ]*noexec' /proc/mounts 2>/dev/null || df -Pk /dev/shm 2>/dev/null | awk '$$4 > 4000000 && $$6 == "/dev/shm" {print $$6}')

.PHONY: demo test lint types docs bench conformance clean

demo: $(VENV)/demo.stamp
	TILTH_STORE=.tilth TILTH_RUNS=runs $(BIN)/tilth run recipes/python-docs.yaml

# Each process of the tests has a core to itself: threads of several, waiting for each other, made trainings many times slower. A file is run
# by one process, so what its tests share is made once; in the order of the path, the last files are short ones.
test: $(VENV)/test.stamp
	$(OFFLINE) OMP_NUM_THREADS=1 $(if $(MEMORY),TMPDIR=$(MEMORY)) $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

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
