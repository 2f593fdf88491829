package process_test

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"knelt.dev/pkg/connector"
	"knelt.dev/pkg/connector/connectortest"
)

// engineVariable makes this binary an engine that runs connectors under the
// directory it names, until it is killed.
const engineVariable = "KNELT_TEST_ENGINE"

// modeOfEngine is the mode of the engine's connectors.
const modeOfEngine = "KNELT_TEST_ENGINE_MODE"

// engine starts three connectors, copies their stdout and never ends.
func engine(root string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	c := connector.Connector{Command: []string{self}, Env: map[string]string{connectortest.ModeVariable: os.Getenv(modeOfEngine)}}
	rt := newAt(root)
	for range 3 {
		run, err := rt.Start(context.Background(), c, write)
		if err != nil {
			panic(err)
		}
		go func() { _, _ = io.Copy(os.Stdout, run.Stdout()) }()
		go func() { _, _ = io.Copy(os.Stderr, run.Stderr()) }()
	}
	endThreads()
	time.Sleep(time.Minute)
}

// endThreads ends as many threads of this process as it can get: those that
// started connectors must not be among them, or the kernel kills the connectors.
func endThreads() {
	var all sync.WaitGroup
	hold := make(chan struct{})
	for range 50 {
		all.Go(func() {
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			<-hold
		})
	}
	time.Sleep(50 * time.Millisecond)
	close(hold)
	all.Wait()
}
