package e2e

// sourceScript is a source of one stream whose read is the given shell commands.
// They may use: record N, state N, status STATUS.
func sourceScript(read string) string {
	return `#!/bin/sh
record() { echo '{"type":"RECORD","record":{"stream":"s","emitted_at":1700000000000,"data":{"id":'$1',"text":"never to be logged"}}}'; }
state() { echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s"},"stream_state":{"n":'$1'}}}}'; }
status() { echo '{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1700000000000.0,"stream_status":{"stream_descriptor":{"name":"s"},"status":"'$1'"}}}'; }
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}' ;;
check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
discover) echo '{"type":"CATALOG","catalog":{"streams":[{"name":"s","json_schema":{"type":"object","properties":{"id":{"type":"integer"}}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true}]}}' ;;
read)
` + read + `
;;
esac
`
}

// destinationScript is a destination whose write is the given shell commands.
func destinationScript(write string) string {
	return `#!/bin/sh
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"},"supported_destination_sync_modes":["append","overwrite","append_dedup"]}}' ;;
check) echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
write)
` + write + `
;;
esac
`
}
