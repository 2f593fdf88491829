#!/bin/sh
# A source that says what another one has said: replay.sh DIR COMMAND ... finds
# in DIR the catalog (catalog.jsonl) and the recorded output (messages.jsonl).
case $2 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}' ;;
check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
discover) exec cat "$1/catalog.jsonl" ;;
read) exec cat "$1/messages.jsonl" ;;
esac
