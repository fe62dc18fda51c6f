# Two commands are the whole set-up: `make demo` and `make test`.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
RUN := $(VENV)/bin
ARGS ?=
export OPENBLAS_NUM_THREADS = 1  # numpy's threads wait in a loop, and nothing here multiplies matrices
WORKERS ?= 6  # many tests wait for processes and clocks, so that there may be more than cores

.PHONY: demo test check bench picture lock clean python chromium
.DEFAULT_GOAL := help
help:
	@echo "make demo    start the sandbox and the bot, play a short tour, stay up for the browser"
	@echo "make test    run the whole test suite"
	@echo "make check   lint, types, direction of imports, dead code"
	@echo "make bench   the measurements of docs/benchmarks.md"
	@echo "make picture draw docs/images/architecture.svg anew from the imports"
	@echo "make lock    write the lock files anew from pyproject.toml"

python:
	@test -n "$(PYTHON)" || { echo "xk8s needs Python 3.11 to 3.13: apt-get install python3 python3-venv (or name one: make PYTHON=/path/to/python3.11 ...)"; exit 1; }

# Packages of a lock file, with bytecode: by uv, which takes seconds, or by pip where there is none.
define install
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV) || { echo "this Python cannot make virtual environments: apt-get install python3-venv"; exit 1; }
	@echo "setting up $(VENV) $(2)..."
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null || true
	@$(RUN)/python -m uv pip install --quiet --compile-bytecode --python $(RUN)/python --require-hashes -r $(1) 2>/dev/null \
		|| $(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef

$(VENV)/.demo: requirements/demo.lock pyproject.toml | python
	$(call install,requirements/demo.lock)
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | python
	$(call install,requirements/dev.lock,with the test tools )
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@$(RUN)/python -m bot.cli demo $(patsubst --%,--%,$(ARGS))

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || { echo "make test needs a Chromium for the browser page: apt-get install chromium"; exit 1; }

test: python chromium $(VENV)/.dev
	@$(RUN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(VENV)/.dev
	@$(RUN)/ruff check . && $(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/vulture --ignore-decorators '@*validator*,@*.command*,@shows*,@root_line*' bot storage .vulture_allowlist.py

picture: $(VENV)/.dev
	@$(RUN)/python docs/architecture_picture.py

bench: $(VENV)/.dev
	@$(RUN)/python -m benchmarks $(ARGS)

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: $(VENV)/.dev  # runtime: a server; demo: with the sandbox; dev: with the test tools too
	@$(RUN)/python -m pip install --quiet uv
	@$(RUN)/$(COMPILE) pyproject.toml -o requirements/runtime.lock
	@$(RUN)/$(COMPILE) --extra demo -c requirements/runtime.lock pyproject.toml -o requirements/demo.lock
	@$(RUN)/$(COMPILE) --extra dev -c requirements/demo.lock pyproject.toml -o requirements/dev.lock

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache
