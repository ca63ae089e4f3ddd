# Two commands do everything: `make run` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501

.PHONY: run test check bench clean system-python system-chromium

run: $(VENV)/.run-ready dashboard/assets/vendor/urlmap.json
	$(BIN)/pingan demo --if-missing
	$(BIN)/pingan serve --port $(PORT)

test: $(VENV)/.test-ready dashboard/assets/vendor/urlmap.json system-chromium check
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: $(VENV)/.test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/.test-ready
	$(BIN)/pingan bench

$(VENV)/bin/python: | system-python
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test-ready: requirements-dev.txt $(VENV)/.run-ready
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Leaflet and its plugins come from the npm registry at set-up and are never committed.
dashboard/assets/vendor/urlmap.json: package-lock.json dashboard/assets/install.py $(VENV)/.run-ready
	$(BIN)/python -m dashboard.assets.install
	touch $@

# Debian splits venv from python3; install it when we may, else say what to do.
system-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.11 …"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || sh scripts/apt-install.sh python3-venv

system-chromium:
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'cjk' \
	  || sh scripts/apt-install.sh chromium fonts-noto-cjk fontconfig

clean:
	rm -rf $(VENV) node_modules dashboard/assets/vendor build *.egg-info
