# make demo | test | lint | docs | gpu: all but the last set up $(VENV) where it is missing. Another environment: make test VENV=path
VENV ?= .venv
PYTHON ?= python3
RUN := $(VENV)/bin/python
PACKAGES := packages/indexnet-core packages/indexnet-engine apps/denoising apps/matting apps/segmentation apps/depth
# A machine with a GPU may have no network: make gpu takes $(VENV), or else $(PYTHON), as it is.
EMPTY :=
SOURCES := $(subst $(EMPTY) ,:,$(PACKAGES:%=$(CURDIR)/%/src))
OUT ?= gpu-report
READY := $(VENV)/.indexnet-ready

.PHONY: help demo test lint docs gpu

help:
	@echo "make demo   train two small denoisers and compare them (three to four minutes on two cores)"
	@echo "make test   run the tests"
	@echo "make lint   check style and types"
	@echo "make gpu    run the tests that need a GPU, measure kernels, training and inference; OUT=folder of the report"
	@echo "make docs   build the documentation into site/, every warning an error"

$(READY): constraints.txt requirements-dev.txt $(PACKAGES:%=%/pyproject.toml)
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -c constraints.txt -r requirements-dev.txt $(PACKAGES:%=-e %)
	touch $@

demo: $(READY)
	$(RUN) -m tools.demo

test: $(READY)
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n auto --dist worksteal $(ARGS)

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy $(PACKAGES:%=%/src) tools

# The variable silences an advertisement of the theme's.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

gpu:
	PYTHONPATH="$(SOURCES)" $(or $(wildcard $(RUN)),$(PYTHON)) -m tools.gpu --out $(OUT) $(ARGS)
