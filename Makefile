# Two commands matter: `make demo` and `make test`. Each does its own set-up on a machine that has
# Python 3.11+, make and a package registry.

VENV   ?= .venv
PYTHON ?= python3
PY     := $(VENV)/bin/python
DATA   ?=
RESET  ?=
# An installation is a dozen processes: without compiled modules each takes three times as long to start.
unexport PYTHONDONTWRITEBYTECODE
# These start whole installations. Where processes are killed the machine has nothing else to do,
# and Playwright keeps an event loop that async tests cannot share.
WHOLE  := tests/integration tests/e2e
# Half a day of demo time and fifty kills take minutes: run by hand, and after changes to time.
LONG   := tests/long
UP     := $(PY) -m linli.app.cli $(if $(RESET),demo --reset,up --demo) $(if $(DATA),--data $(DATA))

.DEFAULT_GOAL := help
.PHONY: help demo test long check check-types check-papers-and-pages dev bench docs clean lock generated web

help: ## This list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime web ## Start linli with a demo estate: http://127.0.0.1:8000 (RESET=1: anew)
	@$(UP)

test: $(VENV)/.dev web ## All tests: units, real clients, end to end in a browser
	@$(PY) tools/web.py fetch
	$(PY) -m pytest tests -n 2 --dist worksteal $(addprefix --ignore=,$(WHOLE) $(LONG))
	$(PY) -m pytest tests/integration -m "not faults" -n 2 --dist worksteal --durations=5
	$(PY) -m pytest tests/integration -m faults --durations=5
	$(PY) -m pytest tests/e2e -n 2 --dist loadfile --timeout 300 --durations=5

long: $(VENV)/.dev web ## Tests that take many minutes: half a day of demo time, fifty kills
	$(PY) -m pytest $(LONG) --durations=5
	LINLI_FAULTS_KILLS=50 $(PY) -m pytest tests/integration -m faults

check: $(VENV)/.dev ## Everything a machine can judge: style, types, import contracts, generated files
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(VENV)/bin/lint-imports
	$(PY) tools/house_rules.py
	$(PY) tools/lock.py --check
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-types check-papers-and-pages

check-types:
	$(VENV)/bin/basedpyright

check-papers-and-pages:
	$(PY) tools/generated.py
	$(PY) tools/docs.py
	$(PY) tools/web.py check
	$(PY) tools/web.py test

dev: $(VENV)/.dev ## The demo, with pages that reload while you edit: http://127.0.0.1:5173
	@$(UP) & up=$$!; trap 'kill $$up; wait $$up' EXIT INT TERM; $(PY) tools/web.py dev

bench: $(VENV)/.dev ## Measure messages per second, latency to the browser, CPU per message
	$(PY) -m benchmarks

docs: $(VENV)/.dev ## The docs site from the papers: open site/docs/index.html
	$(PY) tools/docs.py site

generated: $(VENV)/.dev ## Make the generated files anew (OpenAPI document, the pages' types)
	$(PY) tools/generated.py --write

lock: $(VENV)/.dev ## Resolve the dependencies anew and write locks/
	$(PY) tools/lock.py

clean: ## Remove what can be made again (the data folders stay)
	rm -rf $(VENV) web/node_modules src/linli/webdist dist site .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

web: $(VENV)/.runtime
	@$(PY) hatch_build.py

# --- set-up -------------------------------------------------------------------------------------

$(VENV)/.build: locks/build.txt
	@$(PYTHON) -c 'import sys; sys.exit("linli needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 …" if not (3, 11) <= sys.version_info < (3, 14) else 0)'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/build.txt || { echo "The package registry cannot be reached, or a package is not what locks/ says. Behind a proxy or on an intranet, name yours: PIP_INDEX_URL and UV_INDEX_URL." >&2; exit 1; }
	@touch $@

$(VENV)/.runtime: locks/runtime.txt pyproject.toml $(VENV)/.build
	@$(call install,locks/runtime.txt)
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.runtime
	@$(call install,locks/dev.txt)
	@touch $@

# uv is ten times faster; where it has no binary, pip reads the same locks.
INSTALLER = $$(if $(VENV)/bin/uv --version >/dev/null 2>&1; then echo "$(VENV)/bin/uv pip install --quiet --python $(PY)"; else echo "$(PY) -m pip install --quiet"; fi)
define install
	installer="$(INSTALLER)"; echo "installing $(1)"; \
	$$installer --require-hashes -r $(1) && LINLI_WEB=skip $$installer --no-deps --no-build-isolation -e .
endef
