# Two commands do everything on a fresh machine with Python 3.11 or later: make run, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test validate benchmark lint clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit('capsim needs Python 3.11 or later' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv $(VENV)
	"$(BIN)/python" -m pip install --quiet --upgrade pip
	"$(BIN)/python" -m pip install --quiet -c constraints.txt -e ".[dev,pdf]"
	"$(BIN)/python" -c "open('$(VENV)/installed', 'w').close()"

run: $(VENV)/installed
	"$(BIN)/python" -m capsim run scenarios/jiajiang/baseline.yaml --jobs 2 --out runs/jiajiang --force --report html,docx,xlsx,pdf

test: $(VENV)/installed
	"$(BIN)/python" -m ruff check capsim tests
	"$(BIN)/python" -m mypy
	"$(BIN)/python" -m pytest -n 2 -m "not validate and not benchmark"

validate: $(VENV)/installed
	"$(BIN)/python" -m pytest -m validate

benchmark: $(VENV)/installed
	"$(BIN)/python" -m pytest -m benchmark tests/benchmarks

lint: $(VENV)/installed
	"$(BIN)/python" -m ruff check capsim tests
	"$(BIN)/python" -m mypy

clean:
	$(PYTHON) -c "import shutil; shutil.rmtree('$(VENV)', ignore_errors=True); shutil.rmtree('runs', ignore_errors=True)"
