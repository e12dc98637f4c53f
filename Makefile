# Everything a newcomer needs: `make run`, `make demo`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE
# Tests run in this many processes; each takes up to 2 GB.
TEST_PROCESSES ?= 2

.PHONY: run demo install test test-slow test-ray trials lint format screenshots base-model sample brain eval-brain clean chromium postgres

run: install
	$(BIN)/tunesmith ui

demo: install
	$(BIN)/tunesmith demo

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(STAMP)

# The browser tests need Chromium; Debian and Ubuntu have it as a package.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ echo "installing Chromium for the browser tests"; \
	  if [ "$$(id -u)" = 0 ]; then S=; else S=sudo; fi; \
	  $$S apt-get update -qq && $$S apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	echo "Chromium could not be installed: the browser tests will be skipped and say so"

# The reader of SQL tables is tried on a server of its own; Debian and Ubuntu have it as a package.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || \
	{ echo "installing PostgreSQL for the tests of SQL tables"; \
	  if [ "$$(id -u)" = 0 ]; then S=; else S=sudo; fi; \
	  $$S apt-get update -qq && $$S apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
	echo "PostgreSQL could not be installed: its tests will be skipped and say so"

test: install chromium postgres lint
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal

test-slow: install chromium
	$(BIN)/python -m pytest -m slow

# Two workers on a Ray cluster of two nodes, one of them killed; the extra is installed for it (240 MB).
test-ray: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,ray]"
	$(BIN)/python -m pytest -m ray tests/trainer/backends tests/tools

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --config pyproject.toml

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: install chromium
	TUNESMITH_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/ui/test_page.py tests/ui/test_why.py tests/ui/test_blind.py

# Seeded injection trials and random histories of a conversation, at full length.
trials: install
	$(BIN)/python -m pytest -m slow tests/agent

# Retrains the built-in brain's classifier after a change of its tables or lessons.
brain: install
	OMP_NUM_THREADS=2 $(BIN)/python -m agent.builtin.learn

eval-brain: install
	$(BIN)/python -m tests.evals.score_brain

base-model: install
	OMP_NUM_THREADS=2 $(BIN)/python -m trainer.builtin.pretrain

sample: install
	$(BIN)/python -m trainer.builtin.sample

clean:
	rm -rf $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache
