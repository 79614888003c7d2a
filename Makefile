# `make lab` opens the course and `make test` proves it, both from a machine that has Python and
# make alone. Every package that is installed stands in requirements/, with its hashes.

.DELETE_ON_ERROR:
.PHONY: help lab test build bench bench-explorers bench-sliders pins clean

# Two test processes share the machine; with one BLAS thread each they do not fight over it.
export OPENBLAS_NUM_THREADS = 1
export OMP_NUM_THREADS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Compiled once, a module starts fast in every later process.
unexport PYTHONDONTWRITEBYTECODE

# Twice quiet: errors speak, and nothing else does.
install = .venv/bin/python -m pip install -qq --no-input
compile = uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-strip-extras --no-header --upgrade

help:
	@echo "make lab     open the course in JupyterLab (sets up .venv the first time)"
	@echo "make test    run every check and test"
	@echo "make build   write lessons/ anew from solutions/, and the outputs of both"
	@echo "make bench   run the engine beside its peers (they take 6 GB) and write down the figures"
	@echo "make bench-explorers  time what a reader of each explorer waits for"
	@echo "make bench-sliders  move sliders beside their peers in a browser (needs Chromium)"
	@echo "make pins    renew the pinned packages in requirements/"
	@echo "make clean   remove .venv and what the tools leave behind"

lab: .venv/learn
	@.venv/bin/coursekit lab

test: .venv/test
	@echo "Reading the code (ruff, mypy)"
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@echo "Running the tests, the docstrings' examples and every cell of lessons/ and solutions/"
	@.venv/bin/python -m pytest -n 2 --dist loadscope --nbval --nbval-current-env \
		--nbval-cell-timeout 120 --nbval-sanitize-with tests/nbval_sanitize.cfg
	@echo "Breaking every gradient in turn, to see that the tests notice"
	@.venv/bin/python tests/mutation.py

build: .venv/learn
	@.venv/bin/coursekit build

# The peers have an environment of their own, so that neither lessons nor tests ever see them. A
# peer that cannot be installed on this machine takes no part, and the table says so.
bench: benchmarks/.venv/peers
	@benchmarks/.venv/bin/python benchmarks/run.py --write

bench-explorers: .venv/learn
	@.venv/bin/python benchmarks/explorers/measure.py --write

bench-sliders: benchmarks/.venv/peers
	@benchmarks/.venv/bin/python benchmarks/sliders/measure.py --write

benchmarks/.venv/peers: requirements/learn.txt requirements/bench.txt .venv/bin/python
	@echo "Installing the peers (several minutes the first time)"
	@.venv/bin/python -m venv --clear benchmarks/.venv
	@benchmarks/.venv/bin/python -m pip install -qq --no-input --require-hashes \
		-r requirements/learn.txt
	@benchmarks/.venv/bin/python -m pip install -qq --no-input --require-hashes \
		-r requirements/learn.txt -r requirements/bench.txt \
		|| echo "Some peers could not be installed: they are left out"
	@touch $@

.venv/learn: requirements/learn.txt pyproject.toml .venv/bin/python
	@echo "Installing the course's packages (a minute or two the first time)"
	@$(install) --require-hashes -r requirements/learn.txt
	@echo "Installing coursekit from this folder"
	@$(install) --no-deps --no-build-isolation --editable .
	@echo "Listing the fonts for Matplotlib"
	@.venv/bin/python -c "import matplotlib.font_manager"
	@touch $@

.venv/test: .venv/learn requirements/test.txt
	@echo "Installing what the tests need on top"
	@$(install) --require-hashes -r requirements/learn.txt -r requirements/test.txt
	@touch $@

# The first Python at hand that the course runs on. One that was updated away since leaves a link to
# nowhere: then the environment is made anew.
.venv/bin/python:
	@for name in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
		"$$name" -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" \
			2>/dev/null || continue; \
		echo "Making .venv with $$("$$name" --version)"; \
		"$$name" -m venv --clear .venv && exit; \
		rm -rf .venv; \
		exit 1; \
	done; \
	echo "The course needs Python 3.11, 3.12 or 3.13, and none was found; install one," \
		"or name it: make lab PYTHON=/path/to/python3" >&2; \
	exit 1

# uv comes into a folder that is gone afterwards. Extras stay in the pins: older versions of pip
# look for them there. test.txt and bench.txt hold only what comes on top of learn.txt.
pins: .venv/bin/python
	@echo "Looking for the newest versions that go together"
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	.venv/bin/python -m venv "$$tools" && "$$tools/bin/pip" install --quiet uv && \
	PATH="$$tools/bin:$$PATH" && \
	$(compile) pyproject.toml --group install --output-file requirements/learn.txt && \
	learn=$$(sed -nE 's/^([a-z0-9._-]+)(\[.*\])?==.*/--no-emit-package \1/p' requirements/learn.txt) && \
	$(compile) --group test --constraint requirements/learn.txt $$learn \
		--output-file requirements/test.txt && \
	$(compile) --group bench --constraint requirements/learn.txt \
		--constraint requirements/test.txt $$learn --output-file requirements/bench.txt && \
	sed -i.old '/^# The following packages/,$$d' requirements/test.txt requirements/bench.txt && \
	rm requirements/test.txt.old requirements/bench.txt.old

clean:
	@rm -rf .venv benchmarks/.venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
