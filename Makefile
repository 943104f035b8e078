# legacyops.hotfix. `make help` lists what there is.
# Each target first makes or refreshes .venv (tools/venv.sh), which costs nothing when nothing has changed.
# PYTHON=/path/to/python overrides the search for the newest suitable Python.

BIN := $(CURDIR)/.venv/bin
PYTEST := $(BIN)/pytest
# Much of the time is waiting: three files of tests side by side, also on two cores.
SIDE_BY_SIDE := --numprocesses 3 --dist loadfile --no-loadscope-reorder
QUICK := tests/unit tests/powershell $(wildcard tests/lab*) tests/model

export PYTHON
# What somebody has set would have every program compiled anew at each of its thousands of starts.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(BIN):$(PATH)
# Nothing of the user's own Ansible is read or written.
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.collections
export ANSIBLE_CONFIG := $(CURDIR)/tools/ansible.cfg

.PHONY: help docs demo test quick unit integration lint sanity bench soak cost mutations molecule dist clean venv

help:
	@echo "make demo         a simulated XenApp farm is hotfixed, four FT systems are healed (about three minutes)"
	@echo "                  VERBOSE=1 shows all that the commands print"
	@echo "make test         everything: linters, ansible-test sanity, unit and integration tests"
	@echo "make quick        what protects most in a minute: unit, lab and model tests, without those marked slow"
	@echo "make unit         the tests that start neither the lab nor Ansible"
	@echo "make integration  the lab itself, and playbooks and clients against it"
	@echo "make lint         ruff, mypy, yamllint, ansible-lint, antsibull, sanity"
	@echo "make sanity       ansible-test sanity alone, with its own output"
	@echo "make molecule     the roles' scenarios on the lab"
	@echo "make bench        what assess, apply, a wrong password and the model cost, measured on the lab"
	@echo "make soak         what a random sample of is in make test, for long: kills, broken pipes, fuzz (about an hour)"
	@echo "make cost         the processor seconds of make test, for each file too, and of make demo"
	@echo "make mutations    mutants of the FT advisory against the model; writes docs/proof-of-order.md"
	@echo "make docs         writes what docs/ has of settings, checks and actions, from their records"
	@echo "make dist         the wheel and the collection's tarball, in dist/"
	@echo "make clean        remove everything that the targets have made"
	@echo "nox -s tests      the tests on the oldest and newest supported ansible-core (see README.md)"

venv:
	@tools/venv.sh

demo:
	@tools/venv.sh demo
	@$(BIN)/python -u tools/demo.py

test: venv
	@tools/judges.sh
	$(PYTEST) $(SIDE_BY_SIDE)

quick: venv
	$(PYTEST) $(SIDE_BY_SIDE) $(QUICK) -m "not slow and not packaging"

unit: venv
	$(PYTEST) tests/unit tests/powershell -m "not packaging"

integration: venv
	$(PYTEST) $(SIDE_BY_SIDE) tests/lab tests/integration

lint: venv
	$(PYTEST) tests/lint

sanity: venv
	tools/sanity.sh

bench: venv
	@$(BIN)/python -u tools/bench.py

cost: venv
	@tools/judges.sh
	@$(BIN)/python tools/cost.py $(PYTEST) $(SIDE_BY_SIDE) -p cost_by_file
	@$(BIN)/python tools/cost.py $(BIN)/python -u tools/demo.py

soak: venv
	$(PYTEST) -m soak
	$(PYTEST) --hypothesis-profile soak tests/unit/test_fuzz.py tests/unit/core/test_hostile_answers.py

mutations: venv
	@$(BIN)/python -u tools/mutations.py

docs: venv
	@PYTHONPATH=$(CURDIR)/.collections $(BIN)/python tools/pages.py

molecule: venv
	$(BIN)/molecule test --all

dist: venv
	rm -rf dist
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/ansible-galaxy collection build --output-path dist

clean:
	rm -rf .venv .cache .collections .nox dist build
