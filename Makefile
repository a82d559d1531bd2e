# `make demo` and `make test` need nothing but a Python with venv: they install what is missing
# into .venv (torch takes about 5 GB). Another Python: `PYTHON=python3.12 make test`.

PYTHON ?= python3
BIN := .venv/bin

# Named after the Python's version: another Python gets a fresh environment. An install that was
# cut short leaves no stamp, and starts afresh.
INSTALLED := .venv/installed-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# Two workers, a thread each: torch's own threads would only fight over the cores.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

# `make quick` has an environment of its own, without torch: archc, what it needs for all else, the
# tests' tools. It runs the test files that import torch neither directly nor through the judges,
# and of each test a fixed sample of its cases.
QUICK := .venv-quick
QUICK_INSTALLED := $(QUICK)/$(notdir $(INSTALLED))
QUICK_PACKAGES := click hypothesis jsonschema pydantic pytest PyYAML
TORCH_FREE = $(shell grep -rLE '^ *(import|from) (torch|torchvision|(tests\.)?(book|judge|random_networks)|archc\.runtime)\b' \
	--include='test_*.py' tests)

.PHONY: demo test quick update prove fuzz editor bench clean
.DELETE_ON_ERROR:

demo: $(INSTALLED)
	$(BIN)/archc validate specs/resnet18.yaml
	$(BIN)/archc compile specs/resnet18.yaml -o build/resnet18.py
	cd build && ../$(BIN)/python -c 'import torch; from resnet18 import Resnet18; \
		print(Resnet18()(torch.rand(2, 1, 224, 224)).shape)'

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST)
	@$(BIN)/python tests/test_budget.py

quick: $(QUICK_INSTALLED)
	$(QUICK)/bin/pytest -m 'not prove and not slow and not torch' --sample 4 $(TORCH_FREE)

# Goldens, the pages of docs/ that are written by tests, and the JSON Schema, all in one run.
update: $(INSTALLED)
	$(PYTEST) --update

prove: $(INSTALLED)
	$(PYTEST) -m prove

# As many random networks as there is time for: `make fuzz MINUTES=60`.
MINUTES ?= 10
fuzz: $(INSTALLED)
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m random_networks --minutes $(MINUTES)

# The real yaml-language-server, from npm: needs Node.js.
editor: $(INSTALLED)
	$(BIN)/pytest -m prove tests/editor

# Ratios, in pairs that take turns; the peers of benchmarks/peers.py count where they are installed.
BENCHMARKS := pairs validate recheck search compile constructor forward large peers
bench: $(INSTALLED)
	@for each in $(BENCHMARKS); do \
		PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python benchmarks/$$each.py || exit 1; \
	done

clean:
	rm -rf .venv .venv-quick build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find archc tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	test -e $@ || $(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q archc
	touch $@

$(QUICK_INSTALLED): pyproject.toml constraints.txt
	test -e $@ || $(PYTHON) -m venv --clear $(QUICK)
	$(QUICK)/bin/pip install --disable-pip-version-check -c constraints.txt $(QUICK_PACKAGES)
	$(QUICK)/bin/pip install --disable-pip-version-check --no-deps -e .
	touch $@
