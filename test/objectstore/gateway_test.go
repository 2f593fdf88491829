package objectstore_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// program is the built server.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "knelt-objectstore")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "versitygw")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", program, "github.com/versity/versitygw/cmd/versitygw")
	build.Dir = "versitygw"
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building versitygw: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const accessKey, secretKey = "knelt", "a-secret-of-the-tests"

// gateway is a running S3 server over a folder, with the bucket "logs".
type gateway struct {
	t    testing.TB
	port string
	data string
	cmd  *exec.Cmd
}

func startGateway(t testing.TB) *gateway {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	g := &gateway{t: t, port: freePort(t), data: t.TempDir()}
	if err := os.Mkdir(filepath.Join(g.data, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	g.start()
	t.Cleanup(g.kill)
	return g
}

// url names the bucket.
func (g *gateway) url() string {
	return "s3://logs?region=us-east-1&use_path_style=true&endpoint=http://127.0.0.1:" + g.port
}

func (g *gateway) start() {
	g.t.Helper()
	// Not the test's context: its end would be reported as the server's failure.
	g.cmd = exec.CommandContext(context.Background(), program, "--quiet", "--port", "127.0.0.1:"+g.port, "--health", "/healthz",
		"posix", "--nometa", g.data)
	g.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	g.cmd.Stderr = os.Stderr
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); !g.healthy(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			g.t.Fatal("the S3 server does not answer")
		}
	}
}

// kill ends the server at once.
func (g *gateway) kill() {
	if err := g.cmd.Process.Kill(); err == nil {
		_ = g.cmd.Wait() // it was killed
	}
}

func (g *gateway) healthy() bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1:"+g.port+"/healthz", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // it was only read
	return answer.StatusCode == http.StatusOK
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nobody has connected
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
