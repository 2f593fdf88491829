#!/usr/bin/env bash
# Brings the cluster of test/cluster up, installs Knelt by its own manifests, and
# runs the end-to-end tests in the cluster's network. Arguments are go test's, such
# as -run=Job. The cluster stays (make cluster-down).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=.cache/knative
mkdir -p "$work"
cluster() { .cache/cluster/cluster "$@"; }

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }

build_tool() {
	mkdir -p .cache/cluster
	(cd test/cluster && go build -o ../../.cache/cluster/cluster .)
}

# The images of the programs that manifests do not name, as lines NAME REFERENCE.
push_images() {
	{
		for c in source-faker source-postgres destination-postgres destination-discard; do
			echo "$c $(cluster image "knelt.dev/connectors/$c" "$c:test")"
		done
		echo "eater $(cluster image knelt.dev/test/knative/connectors/eater eater:test)"
		echo "redis $(cluster image --file "$(command -v redis-server)" --libraries --entrypoint redis-server redis:test)"
		echo "upgraded $(upgraded)"
	} >"$work/images.new"
	mv "$work/images.new" "$work/images"
}

# upgraded pushes a sync function whose output counts as that of the next version.
upgraded() {
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -tags knelt_next_output -o "$work/sync" ./functions/sync
	cluster image --binary "$work/sync" upgraded:test
}

# programs builds what the tests run on this machine: the CLI, connectors for it, an
# S3 server.
programs() {
	go build -o "$work/bin/" ./cmd/knelt ./connectors/source-faker ./connectors/destination-postgres
	(cd test/objectstore/versitygw && go build -o "../../../$work/bin/versitygw" github.com/versity/versitygw/cmd/versitygw)
}

image() { sed -n "s/^$1 //p" "$work/images"; }

# clean removes what earlier tests left: a sync that a killed test began would go on
# for as long as its event is sent again.
clean() {
	cluster kubectl delete namespace knelt-system knelt-connectors --ignore-not-found --timeout=8m >/dev/null
}

# hurry makes Knative end idle functions sooner than a minute after their last
# request.
hurry() {
	cluster kubectl -n knative-serving patch configmap config-autoscaler --type merge \
		-p '{"data": {"stable-window": "20s", "scale-to-zero-grace-period": "10s"}}' >/dev/null
}

# install applies the manifests as they are, with the variant of Redis for clusters
# that provide no volumes, from an image that is in reach and on the node that no
# test loses.
install() {
	rm -rf "$work/manifests" && cp -r config/knative "$work/manifests"
	sed -e "s|image: docker.io/library/redis:.*|image: $(image redis)|" \
		-e 's|^    spec:$|&\n      nodeSelector: {kubernetes.io/hostname: node1}|' \
		config/variants/210-redis-server-emptydir.yaml >"$work/manifests/210-redis-server.yaml"
	cluster apply "$work/manifests" >/dev/null
	cluster kubectl -n knelt-system rollout status statefulset/knelt-redis --timeout=3m
	cluster kubectl -n knelt-system wait --for=condition=Ready --timeout=5m ksvc --all
	cluster kubectl -n knelt-system wait --for=condition=Ready --timeout=5m broker --all
	cluster kubectl -n knelt-system wait --for=condition=Ready --timeout=5m trigger --all
}

test/setup.sh redis-server postgres
say "cluster"; build_tool; cluster up
say "images"; push_images
say "programs"; programs
say "Knelt"; clean; hurry; install
say "tests"
go test -c -o "$work/knative.test" ./test/knative
export KNELT_IMAGES=$PWD/$work/images KNELT_BIN=$PWD/$work/bin KNELT_NODE_ADDRESS=10.77.0.1
# shellcheck disable=SC2086 # AGAIN is a list of flags
go tool -modfile=tools.mod gotestsum --format testname ${AGAIN:-} --raw-command -- go tool test2json -t -p knelt.dev/test/knative \
	.cache/cluster/cluster nsenter -- "$work/knative.test" -test.v=test2json -test.timeout=60m "${@/#-/-test.}"
