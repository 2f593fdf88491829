// Command stopwatch is a source that answers at once and logs when its process
// began and ended, by its own clock: what a question took beside is not the
// connector's.
//
// The line is "stopwatch HOST BEGAN ENDED"; the host is the pod's name, times are
// nanoseconds since 1970.
package main

import (
	"fmt"
	"os"
	"time"
)

var began = time.Now()

var answers = map[string]string{
	"spec":  `{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}`,
	"check": `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}`,
	"discover": `{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"type":"object"},` +
		`"supported_sync_modes":["full_refresh"]}]}}`,
}

func main() {
	if len(os.Args) < 2 || answers[os.Args[1]] == "" {
		fmt.Fprintln(os.Stderr, "stopwatch answers spec, check and discover")
		os.Exit(2)
	}
	host, err := os.Hostname()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(answers[os.Args[1]])
	fmt.Printf(`{"type":"LOG","log":{"level":"INFO","message":"stopwatch %s %d %d"}}`+"\n", host, began.UnixNano(), time.Now().UnixNano())
}
