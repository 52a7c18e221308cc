# Thistle. `make help` lists what there is; `make run`, `make demo` and
# `make test` fetch what they miss before they begin.

GO       ?= go
BIN      := bin/thistle
ARGS     ?=
FUZZTIME ?= 20s
BENCH    ?= .

# One set of flags for everything, so that nothing is compiled twice.
# The history is not stamped in: git refuses to tell it in a folder that
# belongs to someone else, and the build would fail for that.
export GOFLAGS := -buildvcs=false $(filter-out -buildvcs=%,$(GOFLAGS))

# A hang must end with every goroutine's stack, not with a killed job.
UNIT_TIMEOUT := 8m
RACE_TIMEOUT := 8m
E2E_TIMEOUT  := 8m
LONG_TIMEOUT := 60m

# Packages in which goroutines meet. The others are pure or single-threaded:
# the race detector would find nothing there, at ten times the cost.
RACE := ./spv ./spv/peer ./spv/sandbox ./spv/store ./keystore ./app ./ui/cli

PHASE  := @.ci/phase
GOTEST := $(GO) run ./.ci/gotest

.DEFAULT_GOAL := help
.PHONY: help run demo build need-go need-cc \
        test test-long checks format vet staticcheck vulncheck lint compile unit race test-e2e long summary bench fuzz clean

help: ## list the targets
	@echo "Thistle: make TARGET"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ---- the program ----

run: build ## build bin/thistle and run it: make run ARGS="--network signet status"
	@$(BIN) $(ARGS)

demo: build ## the whole walk on a private network inside this machine, narrated
	@$(BIN) demo $(ARGS)

# Pure Go: no C compiler is needed to use the wallet, only to test it.
build: need-go ## build bin/thistle
	@test -e $(BIN) || echo "Building Thistle; the first time Go fetches and compiles its modules, which can take some minutes."
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -o $(BIN) .

need-go:
	@.ci/need go

need-cc: need-go
	@.ci/need cc

clean: ## remove bin/
	rm -rf bin

# ---- the tests ----

test: checks unit race test-e2e summary ## everything that must hold: checks, builds, tests, race detector, real btcd

test-long: checks unit race test-e2e long fuzz summary ## test, then long simulations and every fuzz target

# The order is the order of speed: what fails soonest comes first. Parts never
# run side by side, or their output and their times would say nothing.
.NOTPARALLEL:
checks: need-cc format vet staticcheck vulncheck-told compile

.PHONY: phases-begin vulncheck-told
phases-begin:
	@.ci/phase --begin

format: phases-begin
	$(PHASE) "format" .ci/format

vet: need-go phases-begin
	$(PHASE) "vet" $(GO) vet -tags e2e ./... ./.ci/gotest

staticcheck: need-go phases-begin
	$(PHASE) "staticcheck" $(GO) tool staticcheck -tags e2e ./... ./.ci/gotest

# A test must depend on the tree, not on what was published this morning: in
# `make test` known vulnerabilities are told, in `make lint` they fail.
vulncheck-told: need-go phases-begin
	$(PHASE) "vulnerabilities" .ci/vulncheck --tell

vulncheck: need-go phases-begin
	$(PHASE) "vulnerabilities" .ci/vulncheck

lint: need-go format vet staticcheck vulncheck ## format, vet, staticcheck, known vulnerabilities

compile: need-go phases-begin
	$(PHASE) "build" $(GO) build ./...
	$(PHASE) "build without C and window" env CGO_ENABLED=0 $(GO) build -tags nogui -o bin/thistle-nogui .

unit: need-go phases-begin
	$(PHASE) "tests" $(GOTEST) -timeout $(UNIT_TIMEOUT) ./...

race: need-cc phases-begin
	$(PHASE) "race detector" env CGO_ENABLED=1 $(GOTEST) -race -timeout $(RACE_TIMEOUT) $(RACE)

test-e2e: need-go phases-begin ## the wallet against real btcd processes
	$(PHASE) "end to end with btcd" .ci/e2e $(E2E_TIMEOUT)

long: need-go phases-begin
	$(PHASE) "long simulation of the peer" $(GOTEST) -timeout $(LONG_TIMEOUT) ./spv/protocol -seeds 300
	$(PHASE) "long model of the ledger" $(GOTEST) -timeout $(LONG_TIMEOUT) ./app/ledger -ledger.seeds 150 -ledger.steps 1200

summary:
	@.ci/phase --summary

bench: need-go ## every benchmark, or BENCH=regexp
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout $(LONG_TIMEOUT) ./...

fuzz: need-go phases-begin ## every fuzz target for FUZZTIME (20s)
	$(PHASE) "fuzzing, $(FUZZTIME) each" .ci/fuzz $(FUZZTIME)
