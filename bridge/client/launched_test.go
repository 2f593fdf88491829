package client_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"knelt.dev/bridge/client"
	"knelt.dev/bridge/wire"
	"knelt.dev/pkg/connector"
)

// launching is a run whose bridge has taken START and not launched yet.
func launching(t *testing.T, change ...func(*client.Config)) (*fakeBridge, *client.Run) {
	t.Helper()
	b := newFakeBridge(t)
	cfg := resumable(b.listen())
	for _, one := range change {
		one(&cfg)
	}
	return b, started(t, cfg)
}

// launched waits for it in the background.
func launched(t *testing.T, run *client.Run) <-chan error {
	t.Helper()
	told := make(chan error, 1)
	go func() { told <- run.Launched(t.Context()) }()
	return told
}

func TestARunKnowsWhenItsConnectorRuns(t *testing.T) {
	b, run := launching(t)
	told := launched(t, run)
	select {
	case err := <-told:
		t.Fatalf("it runs before it was launched: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	b.change(func() { b.launched = true })
	if err := <-told; err != nil {
		t.Error(err)
	}
	b.finish(wire.ExitPayload{Code: 127}) // an end later on changes nothing
	leave(t, run)
}

func TestAConnectorThatIsNotLaunchedIsToldFromOneThatEnded(t *testing.T) {
	b, run := launching(t)
	told := launched(t, run)
	b.finish(wire.ExitPayload{Code: 127, Reason: "there is no such file"})
	var unlaunched *client.UnlaunchedError
	if err := <-told; !errors.As(err, &unlaunched) || unlaunched.Exit.Code != 127 || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("got %v", err)
	}
	leave(t, run)
}

func TestWaitingForTheLaunchEndsWithItsContext(t *testing.T) {
	_, run := launching(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := run.Launched(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	leave(t, run)
}

func TestTheEnvironmentGoesWithTheStart(t *testing.T) {
	want := map[string]string{"TOKEN": "a=b", "EMPTY": ""}
	b, run := launching(t, func(c *client.Config) { c.Env = want })
	b.mu.Lock()
	if !maps.Equal(b.start.Env, want) {
		t.Errorf("got %v", b.start.Env)
	}
	b.mu.Unlock()
	leave(t, run)
}

// TestAnEnvironmentThatFitsIntoNoFrameIsRefused, and not shown.
func TestAnEnvironmentThatFitsIntoNoFrameIsRefused(t *testing.T) {
	b := newFakeBridge(t)
	cfg := resumable(b.listen())
	cfg.Env = map[string]string{"BIG": strings.Repeat("hunter2", 10_000)}
	run := attach(t, cfg)
	err := run.Start(t.Context(), connector.Invocation{Command: connector.Spec})
	if err == nil || !strings.Contains(err.Error(), "environment") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %.100v", err)
	}
	leave(t, run)
}

// TestARunThatIsLostElsewhereEndsAtOnce: it would dial for a minute else.
func TestARunThatIsLostElsewhereEndsAtOnce(t *testing.T) {
	_, run := launching(t, func(c *client.Config) { c.GiveUp = time.Hour })
	why := errors.New("pod x was evicted")
	time.AfterFunc(20*time.Millisecond, func() { run.Lose(why) })
	_, err := io.ReadAll(run.Stdout())
	_, waited := run.Wait()
	for _, err := range []error{err, waited} {
		if !errors.Is(err, client.ErrPodLost) || !errors.Is(err, why) || strings.Count(err.Error(), "evicted") != 1 {
			t.Errorf("got %v", err)
		}
	}
	<-run.Ended()
}

// TestARunWhoseExitIsKnownCannotBeLost: its pod goes away, as all do.
func TestARunWhoseExitIsKnownCannotBeLost(t *testing.T) {
	b, run := launching(t)
	stdout, stderr := readAll(t, run.Stdout()), readAll(t, run.Stderr())
	b.finish(wire.ExitPayload{Code: 3})
	<-stdout
	<-stderr
	if exit, err := run.Wait(); err != nil || exit.Code != 3 {
		t.Fatalf("got %+v, %v", exit, err)
	}
	run.Lose(errors.New("the pod was deleted"))
	if exit, err := run.Wait(); err != nil || exit.Code != 3 {
		t.Errorf("got %+v, %v", exit, err)
	}
	if err := run.Done(t.Context()); err != nil {
		t.Errorf("it cannot be settled: %v", err)
	}
}

func lostExit(t *testing.T, autopsy func(context.Context) (connector.Exit, error)) (connector.Exit, string, error) {
	t.Helper()
	b, run := launching(t, func(c *client.Config) { c.Autopsy = autopsy })
	stdout, stderr := readAll(t, run.Stdout()), readAll(t, run.Stderr())
	b.produce(wire.Stdout, []byte("last words"))
	b.finish(wire.ExitPayload{Code: 137, Signal: wire.SignalLost})
	said := <-stdout
	<-stderr
	exit, err := run.Wait()
	run.Lose(errors.New("the test is over"))
	if err == nil {
		leave(t, run)
	}
	return exit, string(said), err
}

// TestAnAutopsyMakesALostConnectorAnExit: its output has ended as any other's.
func TestAnAutopsyMakesALostConnectorAnExit(t *testing.T) {
	want := connector.Exit{Code: 137, Signal: "SIGKILL", OOM: true, Reason: "its limit is 2Gi"}
	exit, said, err := lostExit(t, func(context.Context) (connector.Exit, error) {
		time.Sleep(20 * time.Millisecond)
		return want, nil
	})
	if err != nil || exit != want || said != "last words" {
		t.Errorf("got %+v, %q, %v", exit, said, err)
	}
}

func TestAnAutopsyThatFindsNothingLeavesItLost(t *testing.T) {
	_, _, err := lostExit(t, func(context.Context) (connector.Exit, error) {
		return connector.Exit{}, errors.New("nobody knows")
	})
	if !errors.Is(err, client.ErrPodLost) || !strings.Contains(err.Error(), "nobody knows") || !strings.Contains(err.Error(), "its launcher was killed") {
		t.Errorf("got %v", err)
	}
}

// TestABridgeMayTakeItsTimeToAppear, such as for its image, and less when it has
// been there.
func TestABridgeMayTakeItsTimeToAppear(t *testing.T) {
	b := newFakeBridge(t)
	cfg := resumable("127.0.0.1:1")
	cfg.GiveUp, cfg.Appear = time.Millisecond, 20*time.Second
	late, dial := time.Now().Add(300*time.Millisecond), dialer(b.listen())
	cfg.Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		if time.Now().Before(late) {
			return nil, errors.New("not there yet")
		}
		return dial(ctx, addr)
	}
	leave(t, attach(t, cfg))
}
