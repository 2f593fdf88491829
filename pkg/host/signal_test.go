package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"knelt.dev/pkg/host"
)

// beAHost makes of the test binary a process as a function is one, in which a
// request waits for the drain signal and then for a second one.
func beAHost() bool {
	if os.Getenv("KNELT_HOST_TEST") == "" {
		return false
	}
	cfg, err := host.FromEnv(os.Environ())
	if err == nil {
		cfg.Addr = "127.0.0.1:0"
		cfg.Log = slog.New(slog.NewJSONHandler(os.Stdout, nil))
		var h *host.Host
		if h, err = host.New(cfg, get("/", untilDrained), host.Under("/never", get("/", untilStopped))); err == nil {
			err = h.Run(context.Background())
		}
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	return true
}

func untilDrained(ctx context.Context, _ *host.Call) (*host.Response, error) {
	host.Log(ctx).Info("inside")
	<-host.Draining(ctx)
	return &host.Response{Body: []byte("drained")}, nil
}

func untilStopped(ctx context.Context, _ *host.Call) (*host.Response, error) {
	host.Log(ctx).Info("inside")
	<-ctx.Done()
	time.Sleep(time.Hour)
	return nil, nil
}

// process is a host as a process of its own.
type process struct {
	*exec.Cmd
	out *logBuffer
	url string
}

func start(t *testing.T) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0]), out: &logBuffer{}}
	p.Env = append(os.Environ(), "KNELT_HOST_TEST=1", "KNELT_DRAIN_TIMEOUT=1h")
	p.Stdout, p.Stderr = p.out, p.out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	addr := regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)
	eventually(t, "its start", func() bool {
		if m := addr.FindStringSubmatch(p.out.String()); m != nil {
			p.url = "http://" + m[1]
		}
		return p.url != ""
	})
	return p
}

func (p *process) wait() <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	return ended
}

func (p *process) says(text string) func() bool {
	return func() bool { return regexp.MustCompile(text).MatchString(p.out.String()) }
}

func TestSIGTERMDrainsAndEndsWell(t *testing.T) {
	p := start(t)
	answers := make(chan answer, 1)
	go func() { answers <- do(t, client(t), http.MethodGet, p.url+"/", "", "") }()
	eventually(t, "the request", p.says("inside"))
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if a := within(t, answers, "the answer"); a.status != 200 || a.body != "drained" {
		t.Errorf("%+v", a)
	}
	if err := within(t, p.wait(), "its end"); err != nil {
		t.Errorf("%v\n%s", err, p.out)
	}
}

func TestASecondSIGTERMEndsAtOnce(t *testing.T) {
	p := start(t)
	gone := make(chan error, 1)
	go func() {
		_, err := http.Get(p.url + "/never") //nolint:bodyclose // there is none
		gone <- err
	}()
	eventually(t, "the request", p.says("inside"))
	for i, after := range []string{"draining", "signal.*\n.*signal"} {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		eventually(t, fmt.Sprint("what signal ", i, " does"), p.says("(?s)"+after))
	}
	if err := within(t, p.wait(), "its end"); err == nil {
		t.Error("it ended well, and yet a request was not done")
	}
	if err := within(t, gone, "the end of the connection"); err == nil {
		t.Error("the request was answered")
	}
}
