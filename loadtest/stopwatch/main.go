// Command stopwatch is a source that answers at once and logs when its process
// began and ended, by its own clock: what a question took beside is not the
// connector's.
//
// The line is "stopwatch HOST BEGAN ENDED"; the host is the pod's name, times are
// nanoseconds since 1970.
package main

import (
	"fmt"
	"io"
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
	if err := answer(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(w io.Writer, args []string) error {
	if len(args) == 0 || answers[args[0]] == "" {
		return fmt.Errorf("stopwatch answers spec, check and discover, not %q", args)
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, answers[args[0]]); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `{"type":"LOG","log":{"level":"INFO","message":"stopwatch %s %d %d"}}`+"\n", host, began.UnixNano(), time.Now().UnixNano())
	return err
}
