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
REDIS ?= disk

# Where nobody can look, as in CI, up to six failed tests are run once more, and
# told; a data race never is.
AGAIN := $(if $(CI),--rerun-fails=1 --rerun-fails-max-failures=6 --rerun-fails-abort-on-data-race)
export AGAIN

CLUSTER := bin/cluster
KO = $(if $(shell command -v ko),ko,go run github.com/google/ko@v0.18.0)

.PHONY: help run build test e2e e2elocal e2ekube e2eknative browser dashboard load monitoring-check foreign manifests deploy lint fmt bench fuzz soak clean
.PHONY: cluster cluster-up cluster-down cluster-status cluster-kubectl cluster-apply cluster-test

help: ## print this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: build ## build, then sync the sample shop twice into an SQLite file
	@examples/shop/run.sh

build: ## build the CLI, our connectors and the static bridge into bin/
	@test/setup.sh certificates
	go build -o bin/ ./cmd/... ./connectors/...
	CGO_ENABLED=0 GOOS=linux go build -trimpath -ldflags '-s -w' -o bin/bridge ./bridge

test: ## install what the tests need, then run them all (RACE=0: without the race detector)
	@test/setup.sh certificates openssl redis-server postgres $(if $(filter 0,$(RACE)),,cc)
	@$(TOOL) gotestsum --format pkgname-and-test-fails $(AGAIN) --raw-command -- test/gotest.sh
	cd test/manifests && go test -count=1 ./...

e2e: e2elocal e2eknative ## the end-to-end tests: on this machine, then on a real cluster with Knative, which is built (as root)

e2elocal: build foreign ## run real programs, also those of others, through the engine and the CLI
	@test/setup.sh redis-server postgres
	@KNELT_BIN=$(CURDIR)/bin $(TOOL) gotestsum --format testname $(AGAIN) \
	 --packages='./test/e2e/... ./test/foreign/... ./test/chaos/... ./test/bridge/... ./test/objectstore/...' -- -count=1 -timeout 30m
	@$(MAKE) browser

browser: build ## the dashboard in a real Chromium, with made-up connections and with real ones; screenshots in bin/screenshots
	@test/setup.sh certificates chromium node npm
	@KNELT_BIN=$(CURDIR)/bin $(TOOL) gotestsum --format testname --rerun-fails=1 --packages=./test/browser/... -- -count=1 -timeout 20m
	@cat bin/screenshots/vitals.txt

dashboard: ## bring the dashboard's libraries, as package-lock.json has them, from npm
	@test/setup.sh certificates node npm
	@pkg/dashboard/vendor.sh

e2ekube: ## run connectors in the pods of the cluster that runs on this machine (CLUSTER: its tool)
	@KNELT_CLUSTER=$(abspath $(or $(CLUSTER),bin/cluster)) $(or $(CLUSTER),bin/cluster) nsenter -- \
	 go test -count=1 -timeout 30m ./test/kube/... ./test/crds/...

e2eknative: ## functions on a real cluster with Knative, as root: it is built, Knelt is installed, syncs are disturbed (ARGS=-run=Job)
	@test/knative/run.sh $(if $(ARGS),'$(ARGS)')

load: ## measure functions on a real cluster with Knative, as root (SCENARIOS="burst storm answers throughput idle ticked")
	@test/knative/load.sh $(SCENARIOS)

monitoring-check: ## load the alert rules and the dashboard into a Prometheus that is built from its module (10 minutes at first)
	@test/setup.sh certificates
	go test -count=1 -timeout 60m ./test/monitoring/...

foreign: ## install connectors that nobody here wrote into .cache/, once
	@test/setup.sh certificates node npm
	@test/foreign/install.sh >/dev/null

manifests: ## what installs Knelt on Kubernetes, into bin/knelt.yaml (REDIS=disk|emptydir|none REDIS_IMAGE=...)
	@mkdir -p bin
	@REDIS='$(REDIS)' REDIS_IMAGE='$(REDIS_IMAGE)' config/render.sh >bin/knelt.yaml.new
	@mv bin/knelt.yaml.new bin/knelt.yaml

deploy: ## build the images with ko, push them to KO_DOCKER_REPO and apply all to the cluster of kubectl
	@[ -n "$${KO_DOCKER_REPO:-}" ] || { echo "deploy: set KO_DOCKER_REPO to the registry that the cluster pulls from"; exit 1; }
	@REDIS='$(REDIS)' REDIS_IMAGE='$(REDIS_IMAGE)' config/render.sh | $(KO) apply -f -

lint: ## formatting, vet, golangci-lint, go.mod, shell scripts
	@test/setup.sh certificates shellcheck
	@echo "gofumpt";       out=$$($(TOOL) gofumpt -l .); [ -z "$$out" ] || { echo "not formatted (make fmt): $$out"; exit 1; }
	@echo "go vet";        go vet ./...; go vet -tags gcs,azure ./pkg/synclog/bucket
	@echo "golangci-lint"; $(TOOL) golangci-lint run ./...
	@echo "go mod tidy";   go mod tidy -diff
	@$(MAKE) -C test/cluster lint
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
	@test/setup.sh certificates openssl redis-server postgres cc chromium node npm
	@export KNELT_SOAK=1 KNELT_BIN=$(CURDIR)/bin TIMEOUT=6h; \
	 $(TOOL) gotestsum --format testname --raw-command -- test/gotest.sh ./...

cluster: # the tool that runs a Kubernetes with Knative on this machine
	@test/setup.sh certificates
	@cd test/cluster && go build -o $(CURDIR)/$(CLUSTER) .

cluster-up: cluster ## bring up a Kubernetes with Knative on this machine, as root; see test/cluster
	@$(CLUSTER) up

cluster-down: cluster ## remove the cluster, whatever is left of it
	@$(CLUSTER) down

cluster-status: cluster ## say what of the cluster runs, and what is not ready
	@$(CLUSTER) status

cluster-kubectl: cluster ## run kubectl: make cluster-kubectl ARGS="get pods -A"
	@$(CLUSTER) kubectl $(ARGS)

cluster-apply: cluster ## build and push what manifests name by ko://, and apply them: ARGS="config/"
	@$(CLUSTER) apply $(ARGS)

cluster-test: cluster-up ## prove that the cluster does what other tests rest on
	@$(MAKE) -C test/cluster smoke

clean: ## remove what make has made
	rm -rf bin examples/*/.knelt examples/*/*.db examples/*/*.db-*
