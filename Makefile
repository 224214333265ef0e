# One command a question; CI asks the same ones.
NOX = .venv/bin/nox

.PHONY: all demo test lint types view package bench lock format

all: $(NOX)
	$(NOX)

$(NOX):
	python3 -m venv .venv
	.venv/bin/pip install -q "nox[uv]"

demo:
	python3 -m venv .venv && .venv/bin/pip install -q -e '.[demo]' && .venv/bin/autolog demo

view: $(NOX)
	$(NOX) -s view

test: $(NOX)
	$(NOX) -s "tests(openai3)"

lint: $(NOX)
	$(NOX) -s lint

types: $(NOX)
	$(NOX) -s types

package: $(NOX)
	$(NOX) -s package

bench:
	python3 benchmarks/run.py

# The frameworks' own unit tests, untraced and traced.
upstream:
	python3 tests/upstream/compare.py

# Pin the environments of the tests again, to what resolves today.
lock:
	for name in openai3 openai2 oldest lint; do \
	  uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	    tests/environments/$$name.in -o tests/environments/$$name.txt --upgrade; done

format: $(NOX)
	$(NOX) -s lint --install-only && .nox/lint/bin/ruff check --fix && .nox/lint/bin/ruff format
