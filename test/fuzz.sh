#!/usr/bin/env bash
# Runs every fuzz target of the module for FUZZTIME, one after the other.
set -euo pipefail

targets=$(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed -E 's/^(.*)\/[^/]*:[0-9]+:func (.*)$/\1 \2/')
[ -n "$targets" ] || { echo "fuzz: no fuzz target found" >&2; exit 1; }
while read -r package target; do
	echo "== $package $target"
	# Looking for a smaller input that is as interesting must not eat the time.
	go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 20x "$package" </dev/null
done <<<"$targets"
