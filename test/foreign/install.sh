#!/usr/bin/env bash
# Installs what package-lock.json names, once, and prints the folder it is in.
# The folder's name holds a hash of the lock file, so that a change of it never
# meets an old installation; it appears only when it is whole.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

hash=$(cat package.json package-lock.json .npmrc | sha256sum | cut -c1-16)
cache=$(cd ../.. && pwd)/.cache
home=$cache/foreign-$hash
if [ ! -d "$home" ]; then
	command -v npm >/dev/null || {
		echo "test/foreign: npm is missing; install it by: test/setup.sh node npm" >&2
		exit 1
	}
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/foreign-new-XXXXXX")
	trap 'rm -rf "$new"' EXIT
	cp package.json package-lock.json .npmrc "$new"
	echo "test/foreign: installing connectors from the npm registry" >&2
	(cd "$new" && npm ci --no-progress --loglevel=error) >"$new/npm.log" 2>&1 || {
		cat "$new/npm.log" >&2
		echo "test/foreign: npm could not install the connectors; the reason is above" >&2
		exit 1
	}
	mv -T "$new" "$home" 2>/dev/null || [ -d "$home" ] # another one was first
fi
echo "$home"
