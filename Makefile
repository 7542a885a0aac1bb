# One entry for people and for CI. Everything that a target needs it installs itself, once: Python packages into .venv,
# the pinned Pulumi and Kubernetes binaries into a cache outside the checkout.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
STACK ?= demo
VENV := .venv
# The policy pack's own: pulumi-policy needs older versions than the program.
POLICIES := .venv-policies
MANIFESTS ?= stacks/$(STACK)
STATE := $(CURDIR)/.state
# `make fuzz`: what of tests/fuzz/properties.py, and for how long each.
TARGETS ?= loader kubeconfig previous
SECONDS ?= 600
TOOLCHAIN = $(PYTHON) toolchain/build.py
PACKAGES = $(PYTHON) toolchain/packages.py
# Each is pinned in a .txt of its name; requirements.in includes what users' tests need.
LOCKED := requirements.in $(filter-out requirements-testing.in,$(wildcard requirements-*.in))
SOURCES := slicewise components embedded toolchain policies bench tools tests __main__.py

# Packages come without bytecode: where Python may not keep it, each start would compile hundreds of modules anew.
unexport PYTHONDONTWRITEBYTECODE

# The program asks for the provider that it gets, or `pulumi` would warn of a wrong version.
PROVIDER_BUILT = SLICEWISE_KUBERNETES_PROVIDER_VERSION="$$($(TOOLCHAIN) provider-version)"

# `pulumi` and its plugins on PATH are used if they are there; the pinned ones come after them.
# The demo keeps its state in the checkout and touches no login of yours; `metadata=skip` keeps the engine from writing a file
# beside the state that a read at the same moment finds empty. What providers write to the temporary directory
# goes when `pulumi` has ended. Pulumi 3.276 writes the whole state out at every step of a preview too, and throws it away:
# without checkpoints a preview's time grows with the services, and not with their square.
PULUMI = $(PROVIDER_BUILT) PATH="$$PATH:$$($(TOOLCHAIN) where)" \
	PULUMI_HOME="$(STATE)/home" PULUMI_BACKEND_URL="file://$(STATE)/stacks?metadata=skip" PULUMI_CONFIG_PASSPHRASE= \
	PULUMI_SKIP_UPDATE_CHECK=true PULUMI_SKIP_CHECKPOINTS=true PULUMI_PYTHON_CMD="$(CURDIR)/$(VENV)/bin/python" GOGC=400 \
	$(VENV)/bin/python slicewise/clusters/access/temporary_directory.py pulumi --non-interactive

# A file where Pulumi 3.276 would make a directory: with every command it would write a log of all properties there, which
# takes a third of a preview's time, and it goes on without.
PREPARED = mkdir -p $(STATE)/stacks $(STATE)/home && { [ -e $(STATE)/home/logs ] || : > $(STATE)/home/logs; }

# Selects the stack, made if need be; $(1) is what a preview of it needs beside its name. A stack that was made elsewhere
# has a passphrase or a key that is not known here.
select = said=$$($(PULUMI) stack select --create $(STACK) 2>&1) || { \
	echo "$$said" >&2; \
	echo "error: make keeps stacks of its own in .state, with an empty passphrase, and cannot open the stack that" \
		"stacks/Pulumi.$(STACK).yaml belongs to. If you made it with a pulumi login of your own, run:" \
		"pulumi preview --stack $(STACK)$(1)" >&2; exit 1; }

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

# A name that is misspelt would make a stack of that name, and its configuration file with it.
.PHONY: documents
documents:
	@[ -e "stacks/Pulumi.$(STACK).yaml" ] || [ -f "$(firstword $(MANIFESTS))" ] || \
		[ -n "$$(ls $(MANIFESTS)/*.yaml $(MANIFESTS)/*.yml 2>/dev/null)" ] || { \
		near=$$($(PYTHON) -c 'import difflib, sys; print(*difflib.get_close_matches(sys.argv[1], sys.argv[2:], 1, 0.6))' \
			"$(STACK)" $(patsubst stacks/Pulumi.%.yaml,%,$(wildcard stacks/Pulumi.*.yaml)) $(notdir $(patsubst %/,%,$(wildcard stacks/*/)))); \
		echo "error: stacks/$(STACK) has no documents (*.yaml)$${near:+; did you mean STACK=$$near?}; write some, or choose a" \
			"stack that has: STACK=demo" >&2; exit 2; }

# A `pulumi` on PATH fetches the provider itself: nothing needs to be built.
PULUMI_CLI := $(if $(shell command -v pulumi),,toolchain-pulumi)

.PHONY: preview
preview: documents $(VENV)/bin/slicewise $(PULUMI_CLI) ## Set up, and preview the demo stack without any cluster (STACK=shortfall: one that does not fit)
	@$(PREPARED)
	@$(call select,)
	@$(PULUMI) preview --stack $(STACK) --suppress-outputs

# Your own login, passphrase and state are used, as in any other shell.
.PHONY: shell
shell: $(VENV)/bin/slicewise $(PULUMI_CLI) ## Set up, and start a shell in which `slicewise` and `pulumi` work
	@$(PROVIDER_BUILT) PATH="$(CURDIR)/$(VENV)/bin:$$PATH:$$($(TOOLCHAIN) where)" VIRTUAL_ENV="$(CURDIR)/$(VENV)" \
		PULUMI_PYTHON_CMD="$(CURDIR)/$(VENV)/bin/python" "$${SHELL:-bash}"

.PHONY: policy
policy: documents $(VENV)/bin/slicewise $(PULUMI_CLI) ## Preview a stack (STACK, MANIFESTS) without any cluster, and see that it keeps to the policies; reports in .state/policy (PREVIOUS=PLAN.json: what changes)
	@$(PREPARED)
	@rm -rf $(STATE)/policy
	@mkdir -m 700 $(STATE)/policy
	@$(call select, --policy-pack policies/__main__.py)
	@umask 077; PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true $(PULUMI) preview --stack $(STACK) --json \
		> $(STATE)/policy/events.json || true
	@$(VENV)/bin/python -m policies.results $(STATE)/policy/events.json --manifests $(MANIFESTS) \
		$(if $(PREVIOUS),--previous $(PREVIOUS)) --summary $(STATE)/policy/summary.md \
		--sarif $(STATE)/policy/findings.sarif --junit $(STATE)/policy/findings.junit.xml \
		--code-quality $(STATE)/policy/findings.code-quality.json; \
		status=$$?; echo "reports: $(STATE)/policy (summary.md, findings.sarif, findings.junit.xml)"; exit $$status

.PHONY: policies
policies: $(POLICIES)/.installed ## Make the virtual environment that the policy pack runs in

.PHONY: gcp
gcp: $(VENV)/.gcp ## Install what stacks on Google Cloud import beside the program: 290 MB

.PHONY: aws
aws: $(VENV)/.aws ## Install what stacks on AWS import beside the program: 270 MB

.PHONY: hub
hub: $(VENV)/.hub ## Install what `slicewise size --from-hub` imports beside the program: 20 MB

.PHONY: layout
layout: $(VENV)/.layout ## Install what `slicewise layout` proves harder layouts by: 240 MB

.PHONY: lint
lint: $(VENV)/.development
	$(VENV)/bin/ruff check $(SOURCES) examples plugin
	$(VENV)/bin/ruff format --check $(SOURCES) examples plugin
	$(VENV)/bin/mypy $(SOURCES)
	@# Each is a `__main__` of its own; the components have the name there that they have in the wheel.
	@mkdir -p $(STATE)/types
	@ln -sfn $(CURDIR)/components $(STATE)/types/slicewise_pulumi
	for program in examples/*/__main__.py plugin/__main__.py; do MYPYPATH=$(STATE)/types $(VENV)/bin/mypy $$program; done
	$(VENV)/bin/lint-imports --no-logo

.PHONY: check
check: lint ## Lint, types, import contracts, unit and mock tests, in under two minutes
	$(VENV)/bin/pytest -n 3 --dist worksteal -q -m 'not long' tests/unit tests/components tests/policies tests/bench tests/corpus/test_corpus.py tests/corpus/test_schema.py

.PHONY: test
test: lint toolchain toolchain-releases toolchain-nvidia policies ## Set up, and run every test: also the real Pulumi engine and a real API server (KUBERNETES=1.34: of that release)
	@# More processes than two cores: tests with clusters wait most of the time. A cluster takes a gigabyte of memory.
	$(VENV)/bin/pytest -n 4 --dist loadgroup -m 'not attack' tests

.PHONY: attacks
attacks: $(VENV)/.development toolchain policies ## Try 71 attacks on clusters, stacks, credentials and text, kills at random moments among them; print which were survived
	@$(VENV)/bin/python -m tests.engine.attacks

.PHONY: bench
bench: $(VENV)/.development ## Compare the planner with first fit and with the proven optimum; writes docs/benchmarks.md (some 6 minutes)
	@$(VENV)/bin/python -m bench

.PHONY: fuzz
fuzz: $(VENV)/.fuzz ## Fuzz documents, kubeconfigs and earlier plans for SECONDS=600 each (CPython 3.11); findings in .state/fuzz
	@mkdir -p $(STATE)/fuzz
	@for target in $(TARGETS); do \
		$(VENV)/bin/python -m tests.fuzz.fuzz_loader $$target $(STATE)/fuzz/$$target -max_total_time=$(SECONDS) \
			-timeout=15 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -artifact_prefix=$(STATE)/fuzz/$$target-; \
	done

.PHONY: demo
demo: $(VENV)/.development toolchain ## `pulumi up` the demo stack into two embedded clusters with fake MIG nodes, and show the slices fill
	@$(VENV)/bin/python -m embedded.demo up $(STATE)/demo

.PHONY: demo-down
demo-down: $(VENV)/.development ## Stop the demo's clusters and remove what they left
	@$(VENV)/bin/python -m embedded.demo down $(STATE)/demo

.PHONY: toolchain
toolchain: ## Build the pinned Pulumi and Kubernetes binaries, once (cold: some 22 minutes on two cores)
	@$(TOOLCHAIN) all

.PHONY: toolchain-releases
toolchain-releases: ## Build each Kubernetes release that a test names, beside that of `make toolchain` (cold: some 7 minutes a release)
	@$(TOOLCHAIN) releases

.PHONY: toolchain-nvidia
toolchain-nvidia: ## Build the program that says what NVIDIA's components make of a node (cold: a minute; needs a C compiler)
	@$(TOOLCHAIN) nvidia

.PHONY: toolchain-pulumi
toolchain-pulumi:
	@$(TOOLCHAIN) pulumi

.PHONY: lock
lock: $(VENV)/.development ## Pin the newest versions of what requirements*.in name, and the hashes of their files
	for named in $(LOCKED); do \
		$(VENV)/bin/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --upgrade \
			$$named -o $${named%.in}.txt; \
	done

.PHONY: clean
clean: ## Remove what the targets made in the checkout
	rm -rf $(VENV) $(POLICIES) $(STATE) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Debian and Ubuntu keep venv's pip in a package of its own.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("error: Python 3.11 or newer is needed, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get -qq update && apt-get -qq install -y python3-venv; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.program: requirements.txt requirements-build.txt | $(VENV)/bin/pip
	@echo "Installing the program's Python packages into $(VENV): some seconds, 200 MB ..."
	@$(PACKAGES) $(VENV) requirements.txt requirements-build.txt
	@touch $@

# The checkout itself: nothing is copied, and nothing else is installed.
$(VENV)/bin/slicewise: pyproject.toml $(VENV)/.program
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(VENV)/.gcp $(VENV)/.aws $(VENV)/.hub $(VENV)/.layout: $(VENV)/.%: requirements-%.txt $(VENV)/.program
	@echo "Installing what requirements-$*.txt names into $(VENV): some seconds ..."
	@$(PACKAGES) $(VENV) requirements.txt requirements-$*.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt requirements-bench.txt $(VENV)/.gcp $(VENV)/.aws $(VENV)/.hub | $(VENV)/bin/slicewise
	@echo "Installing the tools that check and test Slicewise into $(VENV) ..."
	@$(PACKAGES) $(VENV) requirements.txt requirements-dev.txt requirements-bench.txt
	@touch $@

$(VENV)/.fuzz: requirements-fuzz.txt $(VENV)/.development
	@$(PACKAGES) $(VENV) requirements.txt requirements-fuzz.txt
	@touch $@

$(POLICIES)/.installed: requirements-policies.txt | $(VENV)/bin/pip
	@echo "Installing what the policy pack needs into $(POLICIES): 90 MB ..."
	@$(PYTHON) -m venv $(POLICIES)
	@$(PACKAGES) $(POLICIES) requirements-policies.txt
	@touch $@
