#!/usr/bin/env bash
# Runs the tests and prints go test's JSON, for gotestsum.
#
# Most packages run under the race detector. Those matching PLAIN do not: they
# only start other programs (test/imports), on which it sees nothing; those
# matching BOTH run once more without it, for they are not the same then. The
# end-to-end tests, and those that need connectors from a registry, an S3 server
# or a Prometheus, which take minutes to build, have targets of their own.
set -euo pipefail

PLAIN='/test/(imports|chaos|e2e)$'
BOTH='/pkg/rawio$'
OTHERS='/test/((e2e|chaos|foreign|bridge|kube|knative|crds|objectstore|monitoring)(/|$)|browser$)'

only=()
if [[ ${1:-} == -test.run=* ]]; then # gotestsum runs a failed test again
	only=("$1")
	shift
fi
if [[ ${1:-} == */test/cluster* ]]; then
	cd test/cluster
fi
if [ $# -gt 0 ]; then
	all=$(go list "$@")
else
	all=$(go list ./... | grep -vE "$OTHERS")
fi
raced=$(grep -vE "$PLAIN" <<<"$all" || true)
plain=$(grep -E "$PLAIN|$BOTH" <<<"$all" || true)
if [ "${RACE:-1}" = 0 ]; then
	plain=$all raced=
fi

failed=0
run() { # run FLAGS PACKAGES
	local flags=$1 packages=$2
	[ -n "$packages" ] || return 0
	# Packages that start processes, kill and freeze them are not to disturb each
	# other: everything is compiled side by side, and then tested in turns.
	# shellcheck disable=SC2086 # both are lists of words
	go test -run '^$' $flags $packages >/dev/null || true # what does not compile is told below
	# shellcheck disable=SC2086
	go test -json -p 1 -count=1 -timeout "${TIMEOUT:-10m}" "${only[@]}" $flags $packages || failed=1
}
run -race "$raced"
run "" "$plain"
if [ $# -eq 0 ]; then # the nested module, but for the tests that need a cluster
	cd test/cluster
	run "" "$(go list ./... | grep -v '/smoketest$')"
fi
exit $failed
