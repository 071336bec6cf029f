# make book     the rendered book in build/full/html      make book PROFILE=smoke   small parameters, minutes less
# make test     the tests                                 make help                 everything else
PYTHON ?= python3
PROFILE ?= full
CORES ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PORT ?= 8000
PYTEST_ARGS ?=
SUITE ?= pp

VENV := .venv
ifeq ($(OS),Windows_NT)
PY := $(VENV)/Scripts/python.exe
else
PY := $(VENV)/bin/python
endif
INSTALLED := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help book test test-pages bench bench-games bench-markov bench-envs bench-train bench-battle bench-gpu bench-gpu-battle bench-gpu-training validate-battle runs verify accept lint serve clean
.DEFAULT_GOAL := help

help:
	@echo "make book [PROFILE=full|smoke]   build the book into build/PROFILE/html"
	@echo "make test                        run the tests"
	@echo "make test-pages                  look at every page of the built book in Chromium"
	@echo "make verify [PROFILE=...]        make every table again and compare it with data/expected"
	@echo "make accept [PROFILE=...]        take the new tables over into data/expected"
	@echo "make runs SUITE=pp               train what a suite of data/runs/suites.toml still lacks"
	@echo "make bench                       measure all speed bars (bench-games, -markov, -envs, -train, -battle: one part)"
	@echo "make bench-gpu                   measure battles and training on an H100 or H200 (bench-gpu-battle, -training: one part)"
	@echo "make validate-battle             hold the battle simulator against SMAClite's figures and against its rules"
	@echo "make lint                        ruff and mypy"
	@echo "make serve [PORT=8000]           serve the built book on this machine"
	@echo "make clean                       remove what the build made (.venv and data stay)"

# The project and its tools, in versions that are known to work together. uv is used when it is there.
$(INSTALLED): pyproject.toml constraints.txt
ifneq ($(UV),)
	test -x $(PY) || $(UV) venv --python $(PYTHON) $(VENV)
	$(UV) pip install --python $(PY) --constraint constraints.txt --editable ".[book,dev]"
else
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --constraint constraints.txt --editable ".[book,dev]"
endif
	@touch $@

book: $(INSTALLED)
	$(PY) -m nucleolus_lib.pipeline.build --profile $(PROFILE) --cores $(CORES)

test: $(INSTALLED)
	$(PY) -m pytest -n auto $(PYTEST_ARGS)

test-pages: $(INSTALLED)
	$(PY) -m pytest -m browser -rfEs tests/book $(PYTEST_ARGS)

verify: $(INSTALLED)
	$(PY) -m nucleolus_lib.pipeline.verify --profile $(PROFILE) --cores $(CORES)

accept: $(INSTALLED)
	$(PY) -m nucleolus_lib.pipeline.verify --profile $(PROFILE) --cores $(CORES) --accept

bench: bench-games bench-markov bench-envs bench-train bench-battle

bench-games: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_games

bench-markov: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_markov

bench-envs: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_predator_prey

bench-train: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_train

bench-battle: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_battle

# Not part of `bench`: it needs a GPU. Training stops after nine minutes and exits with 130; the same command goes on.
bench-gpu: bench-gpu-battle bench-gpu-training

bench-gpu-battle: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_gpu_battle

bench-gpu-training: $(INSTALLED)
	$(PY) -m tests.benchmarks.bench_gpu_training

validate-battle: $(INSTALLED)
	$(PY) -m nucleolus_lib.envs.battle_validation

runs: $(INSTALLED)
	$(PY) -m snakemake runs --cores $(CORES) --config suite=$(SUITE)

lint: $(INSTALLED)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy nucleolus_lib

serve: $(INSTALLED)
	@test -f build/$(PROFILE)/html/index.html || $(MAKE) book PROFILE=$(PROFILE)
	$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory build/$(PROFILE)/html

clean:
	rm -rf build .snakemake book/_assets/vendor .pytest_cache .mypy_cache .ruff_cache .hypothesis
