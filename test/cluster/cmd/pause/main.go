// Pause is what holds a pod's namespaces: it sleeps, and waits for the
// processes of the pod that have lost their parent.
package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		os.Exit(0)
	}()
	orphans := make(chan os.Signal, 1)
	signal.Notify(orphans, syscall.SIGCHLD)
	for range orphans {
		reap()
	}
}

// reap waits for all that have ended.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}
