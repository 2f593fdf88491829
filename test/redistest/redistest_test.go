package redistest

import (
	"strings"
	"testing"
)

func TestARestartedServerHasWhatItWroteToDisk(t *testing.T) {
	s := Start(t, "--appendonly", "yes", "--appendfsync", "always")
	do(t, s.Addr, "SET", "a", "1")
	s.Kill()
	if _, err := Do(s.Addr, "PING"); err == nil {
		t.Fatal("a killed server answers")
	}
	s.Restart(t)
	if got := do(t, s.Addr, "GET", "a"); got != "1" {
		t.Errorf("after the restart a is %q, want 1", got)
	}
}

func TestWithoutRedisTheErrorSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := &Server{Addr: "127.0.0.1:1", Dir: t.TempDir()}
	err := s.start()
	if err == nil || !strings.Contains(err.Error(), "apt-get install redis-server") {
		t.Errorf("error %v, want one that says what to install", err)
	}
}

func TestTheProxyLosesOneAnswerToACommandThatWasDone(t *testing.T) {
	s := Start(t)
	p := NewProxy(t, s.Addr)
	p.LoseNextAnswer("INCR")
	if _, err := Do(p.Addr, "INCR", "n"); err == nil {
		t.Error("the answer came through")
	}
	if got := do(t, p.Addr, "GET", "n"); got != "1" || p.Lost() != 1 {
		t.Errorf("n is %s and %d answers were lost, want 1 and 1", got, p.Lost())
	}
}
