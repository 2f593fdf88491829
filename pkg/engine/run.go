package engine

import (
	"io"
	"sync"

	"knelt.dev/pkg/connector"
)

// abandon ends a run that nobody will use.
func abandon(run connector.Run) {
	if run == nil {
		return
	}
	run.Terminate(0)
	_ = run.Stdin().Close() // it is being killed: nothing depends on its input
	var outputs sync.WaitGroup
	for _, out := range []io.Reader{run.Stdout(), run.Stderr()} {
		outputs.Go(func() { _, _ = io.Copy(io.Discard, out) }) // only read so that it can end
	}
	outputs.Wait()
	_, _ = run.Wait() // how it ended says nothing: it was killed
}
