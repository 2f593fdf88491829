#!/usr/bin/env bash
# Runs the load scenarios on the cluster's installation of Knelt, all or those that
# are named, and keeps their figures in loadtest/results. Knelt is installed by
# run.sh if it is not there; the cluster stays (make cluster-down).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=.cache/knative
tool=${CLUSTER:-.cache/cluster/cluster}
images=${KNELT_IMAGES:-$work/images}
mkdir -p "$work"
cluster() { "$tool" "$@"; }

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }

installed() {
	[ -x "$tool" ] && [ -e "$images" ] && cluster kubectl -n knelt-system get ksvc knelt-sync >/dev/null 2>&1
}

# build makes what runs on this machine, and pushes what runs on the cluster alone.
build() {
	go build -o "$work/loadtest" ./loadtest
	go build -o "$work/bin/" ./cmd/knelt ./connectors/source-faker ./connectors/destination-discard
	{
		cat "$images"
		echo "stopwatch $(cluster image knelt.dev/loadtest/stopwatch stopwatch:test)"
	} >"$work/loadimages"
}

# scale bounds the pods of the sync function: where all of the cluster shares a few
# cores, more of them start so slowly that Knative's own probes fail, and its
# in-memory channel forgets what it holds when it is restarted.
scale() {
	cluster kubectl -n knelt-system patch ksvc knelt-sync --type merge \
		-p "{\"spec\": {\"template\": {\"metadata\": {\"annotations\": {\"autoscaling.knative.dev/max-scale\": \"$1\"}}}}}" >/dev/null
	cluster kubectl -n knelt-system wait --for=condition=Ready --timeout=2m ksvc/knelt-sync >/dev/null
}

# ticks sets when the scheduler is ticked: by itself it would come and go beside
# what is measured.
ticks() {
	cluster kubectl -n knelt-system patch pingsource knelt-tick --type merge -p "{\"spec\": {\"schedule\": \"$1\"}}" >/dev/null
}
each_minute='* * * * *' never='0 0 1 1 *'

# autoscaler sets Knative's to what it is by default (null), or to what tests have.
autoscaler() {
	cluster kubectl -n knative-serving patch configmap config-autoscaler --type merge \
		-p "{\"data\": {\"stable-window\": ${1:-null}, \"scale-to-zero-grace-period\": ${2:-null}}}" >/dev/null
}

restore() {
	ticks "$each_minute"
	autoscaler '"20s"' '"10s"'
}

scenario() {
	case $1 in
	idle) autoscaler; ticks "$never" ;;
	ticked) autoscaler; ticks "$each_minute" ;;
	*) autoscaler '"20s"' '"10s"'; ticks "$never" ;;
	esac
	cluster nsenter -- "$work/loadtest" -images "$work/loadimages" -address 10.77.0.1 \
		-bin "$work/bin" -runs 3 -out loadtest/results "$1"
}

installed || { say "installing Knelt"; test/knative/run.sh '-run=^$'; }
say "programs"; build
[ $# -gt 0 ] || set -- burst storm answers throughput idle ticked
trap restore EXIT
scale "${MAX_SCALE:-$((3 * $(nproc)))}"
for one in "$@"; do say "$one"; scenario "$one"; done
