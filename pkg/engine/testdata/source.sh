#!/bin/sh
# A source of two streams whose behaviour the environment chooses. It notes how
# it was called in $NOTES.
echo "source $*" >>"$NOTES"
case $1 in
spec)
	[ "$SPEC" = none ] && exit 0
	[ "$SPEC" = killed ] && kill -9 $$
	echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object","required":["key"],"properties":{"key":{"type":"string","airbyte_secret":true}}}}}'
	;;
check)
	echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}'
	;;
discover)
	if [ -n "$CATALOG" ]; then
		cat "$CATALOG"
		exit
	fi
	echo '{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"type":"object","properties":{"id":{"type":"integer"}}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"default_cursor_field":["id"],"source_defined_primary_key":[["id"]],"is_resumable":true},{"name":"plain","json_schema":{"type":"object","properties":{"id":{"type":"integer"}}},"supported_sync_modes":["full_refresh"]}]}}'
	;;
read)
	cat "$3" >"$NOTES.config"
	cat "$5" >"$NOTES.catalog"
	rm -f "$NOTES.state"
	[ -n "$7" ] && cat "$7" >"$NOTES.state"
	[ -n "$CONTROL" ] && echo '{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1.5,"connectorConfig":{"config":{"key":"rotated-secret"}}}}'
	echo '{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}}'
	case $KIND in
	legacy) echo '{"type":"STATE","state":{"data":{"users":1}}}' ;;
	global) echo '{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"lsn":7},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}},{"stream_descriptor":{"name":"plain"},"stream_state":{"id":9}}]}}}' ;;
	*) echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}}}' ;;
	esac
	echo '{"type":"RECORD","record":{"stream":"plain","data":{"id":9},"emitted_at":1}}'
	echo "the key is $(sed 's/.*"key":"\([^"]*\)".*/\1/' "$3")"
	[ -n "$SLEEP" ] && sleep "$SLEEP"
	exit "${EXIT:-0}"
	;;
esac
