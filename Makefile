# Thistle. `make help` lists what there is; `make run`, `make demo` and
# `make test` fetch what they miss before they begin.

GO       ?= go
BIN      := bin/thistle
ARGS     ?=
FUZZTIME ?= 20s
BENCH    ?= .

# One set of flags for everything, so that nothing is compiled twice: one step
# of the window's graphics takes half a minute, and is repeated for any other.
# The history is not stamped in: git refuses to tell it in a folder that
# belongs to someone else, and the build would fail for that.
export GOFLAGS := -buildvcs=false -trimpath $(filter-out -buildvcs=% -trimpath,$(GOFLAGS))

# clang takes that half minute where gcc takes four.
ifeq ($(origin CC),default)
CC := clang
endif
export CC

# The window is the toolkit's for X11, which Wayland's desktops show as well. It
# asks for the right goroutine by itself no longer (migrated_fynedo), and looks
# for no FyneApp.toml beside the program (no_metadata). Everything but the
# window's own code is tested without it, and so without OpenGL (nogui).
export TAGS_WINDOW := x11,migrated_fynedo,no_metadata
export TAGS_TEST   := nogui,migrated_fynedo,no_metadata

# Libraries that GLFW finds by itself when it runs are not asked for at the start.
ifeq ($(shell uname -s),Linux)
LDFLAGS_WINDOW := -s -w '-extld=$(CC) -Wl,--as-needed'
else
LDFLAGS_WINDOW := -s -w
endif
BUILD_WINDOW = env CGO_ENABLED=1 $(GO) build -tags $(TAGS_WINDOW) -ldflags "$(LDFLAGS_WINDOW)"
BUILD_CLI    = env CGO_ENABLED=0 $(GO) build -tags nogui

# A hang must end with every goroutine's stack, not with a killed job.
UNIT_TIMEOUT   := 8m
RACE_TIMEOUT   := 8m
E2E_TIMEOUT    := 8m
WINDOW_TIMEOUT := 8m
LONG_TIMEOUT   := 60m

# What takes longest begins first, or the end is one package by itself; and as
# these wait as much as they compute, one more runs than there are processors.
LONGEST := ./ui/shell ./app ./ui/cli ./spv
JOBS    := $(shell n=$$(getconf _NPROCESSORS_ONLN) && echo -p $$((n + 1)))

# Packages in which goroutines meet. The others are pure or single-threaded:
# the race detector would find nothing there, at ten times the cost.
RACE := $(LONGEST) ./spv/peer ./spv/sandbox ./spv/store ./keystore
# Nor in these of their tests, which have run before: damage to files is done
# and looked at by one goroutine, and so is a long chain that is mined; memory is
# searched from outside, a layout measured; long restores and storms repeat what
# the others do.
RACE_SKIP := ^(TestRestore|TestDamagedFolders$$|TestDamagedFiles$$|TestMinesManyBlocksQuickly$$|TestBlockTimesStayNearTheClock$$|TestTheStripIsForAnyWidth$$|TestReorgStorm$$|TestCorruption$$|TestEveryPage$$|TestTornTail$$|TestServesManyBlocks$$|TestHostile(Crowd|Peers)$$|TestSecretsLeaveMemory$$)|^TestHostile(Alone|Encrypted|Guests)$$/^[0-9]+[.][1-9]
# Nor is it told of the curve's arithmetic, on numbers of one goroutine: to watch
# each of them took three quarters of the time.
RACE_BLIND := github.com/decred/dcrd/dcrec/secp256k1/...

PHASE  := @.ci/phase
GOTEST := $(GO) run ./.ci/gotest

.DEFAULT_GOAL := help
.PHONY: help run demo screenshots build cli need-go need-cc need-window need-display need-e2e \
        test test-long checks format vet staticcheck vulncheck lint compile unit race test-e2e test-window long summary bench bench-engine fuzz clean

help: ## list the targets
	@echo "Thistle: make TARGET"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# ---- the program ----

run: build ## open the window on Bitcoin's network; or a command: make run ARGS="--network signet status"
	@$(BIN) $(ARGS)

demo: build ## open the window on a private network inside this machine, to try everything
	@$(BIN) demo $(ARGS)

screenshots: need-window need-display ## the README's pictures, from the real window
	.ci/window --screenshots

build: need-window ## build bin/thistle
	@test -e $(BIN) || echo "Building Thistle; the first time Go fetches and compiles its modules, which can take some minutes."
	@mkdir -p bin
	$(BUILD_WINDOW) -o $(BIN) .

# Pure Go: no C compiler is needed.
cli: need-go ## build bin/thistle-nogui: the command line alone, without C compiler and OpenGL
	@mkdir -p bin
	$(BUILD_CLI) -o bin/thistle-nogui .

need-go:
	@.ci/need go

need-cc: need-go
	@.ci/need cc

need-window: need-go
	@.ci/need window

need-display:
	@.ci/need display

need-e2e: need-go
	@.ci/need e2e

clean: ## remove bin/
	rm -rf bin

# ---- the tests ----

test: checks unit race test-e2e test-window summary ## everything that must hold: checks, builds, tests, race detector, real btcd, real window

test-long: checks unit race test-e2e test-window long fuzz summary ## test, then long simulations and every fuzz target

# The order is the order of speed: what fails soonest comes first. Parts never
# run side by side, or their output and their times would say nothing.
.NOTPARALLEL:
checks: need-window format vet staticcheck vulncheck-told compile

.PHONY: phases-begin vulncheck-told
phases-begin:
	@.ci/phase --begin

format: phases-begin
	$(PHASE) "format" .ci/format

vet: need-go phases-begin
	$(PHASE) "vet" $(GO) vet -tags e2e,$(TAGS_TEST) ./... ./.ci/gotest

staticcheck: need-go phases-begin
	$(PHASE) "staticcheck" $(GO) tool staticcheck -tags e2e,$(TAGS_TEST) ./... ./.ci/gotest

# A test must depend on the tree, not on what was published this morning: in
# `make test` known vulnerabilities are told, in `make lint` they fail.
vulncheck-told: need-window phases-begin
	$(PHASE) "vulnerabilities" .ci/vulncheck --tell

vulncheck: need-window phases-begin
	$(PHASE) "vulnerabilities" .ci/vulncheck

lint: need-go format vet staticcheck vulncheck ## format, vet, staticcheck, known vulnerabilities

compile: need-window phases-begin
	$(PHASE) "build without C and window" $(BUILD_CLI) -o bin/thistle-nogui .
	$(PHASE) "build" $(BUILD_WINDOW) -o $(BIN) .
	$(PHASE) "vet the window" env CGO_ENABLED=1 $(GO) vet -tags $(TAGS_WINDOW) . ./ui
	$(PHASE) "vet the race" env CGO_ENABLED=0 $(GO) -C spv/bench vet ./...

unit: need-go phases-begin
	$(PHASE) "tests" $(GOTEST) $(JOBS) -tags $(TAGS_TEST) -timeout $(UNIT_TIMEOUT) $(LONGEST) ./...

race: need-cc phases-begin
	$(PHASE) "race detector" env CGO_ENABLED=1 $(GOTEST) $(JOBS) -race -gcflags '$(RACE_BLIND)=-race=false' -vet=off -tags $(TAGS_TEST) -timeout $(RACE_TIMEOUT) -skip '$(RACE_SKIP)' $(RACE)

test-e2e: need-e2e phases-begin ## the wallet against real btcd processes
	$(PHASE) "end to end with btcd" .ci/e2e $(E2E_TIMEOUT)

test-window: need-window need-display phases-begin ## the real window, on a display that nobody sees
	$(PHASE) "the window under Xvfb" .ci/window $(WINDOW_TIMEOUT)

long: need-go phases-begin
	$(PHASE) "long simulation of the peer" $(GOTEST) -timeout $(LONG_TIMEOUT) ./spv/protocol -seeds 300
	$(PHASE) "long stories of a whole client" $(GOTEST) -tags $(TAGS_TEST) -timeout $(LONG_TIMEOUT) ./spv -run 'TestWholeClient|TestDamaged|TestOlderWallets|TestHostile' -seeds 500
	$(PHASE) "every page of chain.db harmed in every way" $(GOTEST) -tags $(TAGS_TEST) -timeout $(LONG_TIMEOUT) ./spv/store -run TestEveryPage -everyway
	$(PHASE) "long model of the ledger" $(GOTEST) -timeout $(LONG_TIMEOUT) ./app/ledger -ledger.seeds 150 -ledger.steps 1200
	$(PHASE) "restore from 1,000,000 blocks, a fifth of the peers bad" $(GOTEST) -tags $(TAGS_TEST) -timeout $(LONG_TIMEOUT) ./app -run TestRestoreLongChain -blocks 1000000
	$(PHASE) "500 kills while syncing with btcd" .ci/e2e $(LONG_TIMEOUT) TestE2EKillStorm -kills 500

summary:
	@.ci/phase --summary

bench: need-go ## every benchmark, or BENCH=regexp
	$(GO) test -tags $(TAGS_TEST) -run '^$$' -bench '$(BENCH)' -benchmem -timeout $(LONG_TIMEOUT) ./...

# The race is a module of its own: neutrino and its like are not the wallet's.
bench-engine: need-go ## race the peer against neutrino (7 minutes, 1 GB of disk) and write the README's table
	@mkdir -p bin/race
	cd spv/bench && env CGO_ENABLED=0 $(GO) build -o ../../bin/race/bench .
	bin/race/bench -dir bin/race -readme README.md $(ARGS)

fuzz: need-go phases-begin ## every fuzz target for FUZZTIME (20s)
	$(PHASE) "fuzzing, $(FUZZTIME) each" .ci/fuzz $(FUZZTIME)
