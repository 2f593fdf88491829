#!/usr/bin/env bash
# Brings the libraries that package-lock.json names, with their licences, into
# assets/lib, and what only tests use into .cache: vendor.sh. With --check it
# changes nothing and fails if what is committed is not what npm gives.
# It prints the folder of the installed packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

hash=$(cat package.json package-lock.json .npmrc | sha256sum | cut -c1-16)
cache=$(cd ../.. && pwd)/.cache
home=$cache/dashboard-$hash
if [ ! -d "$home" ]; then
	command -v npm >/dev/null || {
		echo "pkg/dashboard: npm is missing; install it by: test/setup.sh node npm" >&2
		exit 1
	}
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/dashboard-new-XXXXXX")
	trap 'rm -rf "$new"' EXIT
	cp package.json package-lock.json .npmrc "$new"
	(cd "$new" && npm ci --no-progress --loglevel=error) >"$new/npm.log" 2>&1 || {
		cat "$new/npm.log" >&2
		echo "pkg/dashboard: npm could not install the libraries; the reason is above" >&2
		exit 1
	}
	mv -T "$new" "$home" 2>/dev/null || [ -d "$home" ] # another one was first
fi

from=$home/node_modules
files=(
	"preact/dist/preact.mjs preact.mjs"
	"preact/hooks/dist/hooks.mjs hooks.mjs"
	"preact/LICENSE preact.LICENSE"
	"htm/dist/htm.module.js htm.module.js"
	"htm/LICENSE htm.LICENSE"
	"uplot/dist/uPlot.iife.min.js uPlot.iife.min.js"
	"uplot/dist/uPlot.min.css uPlot.min.css"
	"uplot/LICENSE uPlot.LICENSE"
)
for pair in "${files[@]}"; do
	read -r theirs ours <<<"$pair"
	if [ "${1:-}" = --check ]; then
		cmp "$from/$theirs" "assets/lib/$ours" >&2
	else
		install -m 644 "$from/$theirs" "assets/lib/$ours"
	fi
done
[ "${1:-}" = --check ] || (cd assets/lib && sha256sum -- *.* >../../lib.sums)
echo "$home"
