package monitoring_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bin is the folder of the built programs.
var bin string

// programs are built in their own module, without service discovery but for files:
// the clients of a dozen clouds take longer than all the rest.
var programs = []struct{ dir, path, tags string }{
	{"prometheus", "github.com/prometheus/prometheus/cmd/promtool", "remove_all_sd"},
	{"prometheus", "github.com/prometheus/prometheus/cmd/prometheus", "remove_all_sd"},
	{".", "knelt.dev/test/monitoring/function", ""},
}

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (int, error) {
	var err error
	if bin, err = os.MkdirTemp("", "knelt-monitoring"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(bin) //nolint:errcheck // it is in the folder for what is temporary
	for _, p := range programs {
		cmd := exec.CommandContext(context.Background(), "go", "build", "-tags", p.tags, "-o", filepath.Join(bin, filepath.Base(p.path)), p.path)
		cmd.Dir = p.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("building %s: %w\n%s", p.path, err, out)
		}
	}
	return m.Run(), nil
}

// promtool runs it and gives what it says.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// start runs a program until the test ends; it is ended as a platform would.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd.Path, err)
		}
	})
}

// startFunction runs the sync function over scripts and gives its address, and
// the port of its metrics.
func startFunction(t *testing.T) (address, metrics string) {
	t.Helper()
	dir := t.TempDir()
	scripts, err := filepath.Abs("../../pkg/engine/testdata")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "knelt.yaml")
	if err := os.WriteFile(file, []byte(documents(scripts, dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	metrics = freePort(t)
	cmd := exec.CommandContext(context.Background(), filepath.Join(bin, "function"), file, dir)
	cmd.Env = append(os.Environ(), "KNELT_METRICS_PORT="+metrics)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), metrics
}

// documents are two connections: one works, and takes as long as a few renewals of
// its lease; the other's source fails.
func documents(scripts, dir string) string {
	var b strings.Builder
	for name, env := range map[string]string{"good": `SLEEP: "3"`, "bad": `EXIT: "3"`} {
		fmt.Fprintf(&b, `
---
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: %[1]s}
spec:
  connector: {command: ["%[2]s/source.sh"], env: {NOTES: "%[3]s/%[1]s", %[4]s}}
  config: {key: x}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: to-%[1]s}
spec: {connector: {command: ["%[2]s/destination.sh"], env: {NOTES: "%[3]s/to-%[1]s"}}, config: {}}
---
apiVersion: knelt.dev/v1alpha1
kind: Connection
metadata: {name: %[1]s}
spec: {source: %[1]s, destination: to-%[1]s}
`, name, scripts, dir, env)
	}
	return b.String()
}

// startPrometheus runs one that scrapes a port each second and evaluates the rules
// as often. It gives its address.
func startPrometheus(t *testing.T, metrics string) string {
	t.Helper()
	dir := t.TempDir()
	rules, err := filepath.Abs("../../config/monitoring/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["%s"]
scrape_configs:
  - job_name: knelt
    static_configs: [{targets: ["127.0.0.1:%s"]}]
`, rules, metrics)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + freePort(t)
	start(t, exec.CommandContext(context.Background(), filepath.Join(bin, "prometheus"), "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn"))
	for deadline := time.Now().Add(time.Minute); !ready(t, "http://"+address+"/-/ready"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Prometheus does not become ready")
		}
	}
	return address
}

func ready(t *testing.T, url string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // it was only read
	return answer.StatusCode == http.StatusOK
}

func freePort(t *testing.T) string {
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
