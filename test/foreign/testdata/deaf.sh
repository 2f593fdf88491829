#!/bin/sh
# A destination that reads a little, says nothing, and ends well.
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"},"supported_destination_sync_modes":["append","overwrite"]}}' ;;
write) head -c 65536 >/dev/null ;;
esac
