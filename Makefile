SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A tree that git will not speak of (copied in from another user, or no git at
# all) can be built just as well, only without the commit in `knelt version`.
ifneq ($(shell git status --porcelain >/dev/null 2>&1 && echo ok),ok)
export GOFLAGS := $(GOFLAGS) -buildvcs=false
endif

TOOL := go tool -modfile=tools.mod
FUZZTIME ?= 30s
BENCH ?= .
COUNT ?= 5

.PHONY: help run build test e2e e2ekube foreign lint fmt bench fuzz soak clean

help: ## print this list
	@sed -n 's/^\([a-z0-9]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: build ## build, then sync the sample shop twice into an SQLite file
	@examples/shop/run.sh

build: ## build the CLI, our connectors and the static bridge into bin/
	@test/setup.sh certificates
	go build -o bin/ ./cmd/... ./connectors/...
	CGO_ENABLED=0 GOOS=linux go build -trimpath -ldflags '-s -w' -o bin/bridge ./bridge

test: ## install what the tests need, then run them all (RACE=0: without the race detector)
	@test/setup.sh certificates redis-server $(if $(filter 0,$(RACE)),,cc)
	@$(TOOL) gotestsum --format pkgname-and-test-fails --raw-command -- test/gotest.sh

e2e: build foreign ## run real programs, also those of others, through the engine and the CLI
	@test/setup.sh redis-server
	@KNELT_BIN=$(CURDIR)/bin $(TOOL) gotestsum --format testname -- -count=1 -timeout 30m ./test/e2e/... ./test/foreign/... ./test/chaos/... ./test/bridge/...

e2ekube: ## run connectors in the pods of the cluster that runs on this machine (CLUSTER: its tool)
	@KNELT_CLUSTER=$(abspath $(or $(CLUSTER),bin/cluster)) $(or $(CLUSTER),bin/cluster) nsenter -- \
	 go test -count=1 -timeout 30m ./test/kube/...

foreign: ## install connectors that nobody here wrote into .cache/, once
	@test/setup.sh certificates node npm
	@test/foreign/install.sh >/dev/null

lint: ## formatting, vet, golangci-lint, go.mod, shell scripts
	@test/setup.sh certificates shellcheck
	@echo "gofumpt";       out=$$($(TOOL) gofumpt -l .); [ -z "$$out" ] || { echo "not formatted (make fmt): $$out"; exit 1; }
	@echo "go vet";        go vet ./...
	@echo "golangci-lint"; $(TOOL) golangci-lint run ./...
	@echo "go mod tidy";   go mod tidy -diff
	@echo "shellcheck";    shellcheck .ci/run $$(git ls-files '*.sh')

fmt: ## format the Go code
	@$(TOOL) golangci-lint fmt ./...

bench: ## run the benchmarks (BENCH=regexp COUNT=5), results also in bin/bench.txt
	@mkdir -p bin
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -timeout 2h ./... | tee bin/bench.txt
	@$(TOOL) benchstat bin/bench.txt

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@FUZZTIME=$(FUZZTIME) test/fuzz.sh

soak: build foreign ## the tests with their loops at full length (hours)
	@test/setup.sh certificates redis-server cc
	@export KNELT_SOAK=1 KNELT_BIN=$(CURDIR)/bin TIMEOUT=6h; \
	 $(TOOL) gotestsum --format testname --raw-command -- test/gotest.sh ./...

clean: ## remove what make has made
	rm -rf bin examples/*/.knelt examples/*/*.db examples/*/*.db-*
