#!/usr/bin/env bash
# Prints the manifests of an installation as one file, images still as ko:// names.
#
#   REDIS=disk|emptydir|none   on a volume (the default), on none, or your own
#   REDIS_IMAGE=IMAGE          instead of the one in 210-redis-server.yaml
set -euo pipefail
cd "$(dirname "$0")"

files=()
for file in knative/*.yaml; do
	case ${REDIS:-disk}:$file in
	disk:*) files+=("$file") ;;
	emptydir:*/210-*) files+=(variants/210-redis-server-emptydir.yaml) ;;
	emptydir:*) files+=("$file") ;;
	none:*/2*) ;;
	none:*) files+=("$file") ;;
	*) echo "render: REDIS is \"$REDIS\", must be disk, emptydir or none" >&2; exit 2 ;;
	esac
done

image=${REDIS_IMAGE:-}
case $image in *[[:space:]\"\'\\\&\|]*) echo "render: REDIS_IMAGE is no image" >&2; exit 2 ;; esac
for file in "${files[@]}"; do
	echo "---"
	if [ -n "$image" ]; then
		sed "s|image: docker.io/library/redis:.*|image: $image|" "$file"
	else
		cat "$file"
	fi
done
