package knative

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"knelt.dev/test/pgtest"
)

// program is the path of a program for this machine, which run.sh has built.
func program(name string) string { return filepath.Join(os.Getenv("KNELT_BIN"), name) }

// said is what a command of the CLI left.
type said struct {
	code     int
	out, err string
}

// knelt runs the CLI. Variables are what local connectors have for Secrets.
func knelt(t *testing.T, args ...string) said {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program("knelt"), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "KNELT_HOME="+t.TempDir(), "TESTS_PASSWORD="+pgtest.Password,
		"KNELT_CHECK_URL=http://knelt-check."+system+".svc.cluster.local", "KNELT_DISCOVER_URL=http://knelt-discover."+system+".svc.cluster.local")
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// asked are documents for the cluster, and the same for this machine, where images
// are commands and Secrets variables.
type asked struct{ there, here string }

func documentsOf(t *testing.T, source, destination string) asked {
	t.Helper()
	text := func(faker, postgres, password string) string {
		return fmt.Sprintf(`
apiVersion: knelt.dev/v1alpha1
kind: Source
metadata: {name: shop}
spec: {connector: {%s}, config: %s}
---
apiVersion: knelt.dev/v1alpha1
kind: Destination
metadata: {name: lake}
spec: {connector: {%s}, config: %s}
`, faker, source, postgres, strings.ReplaceAll(destination, "${secret:tests/password}", password))
	}
	folder := t.TempDir()
	a := asked{filepath.Join(folder, "there.yaml"), filepath.Join(folder, "here.yaml")}
	for file, content := range map[string]string{
		a.there: text("image: "+images["source-faker"], "image: "+images["destination-postgres"], "${secret:tests/password}"),
		a.here:  text("command: ["+program("source-faker")+"]", "command: ["+program("destination-postgres")+"]", "${env:TESTS_PASSWORD}"),
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// TestTheCLIHasTheClustersFunctionsAsk, from zero, with the answers and the exit
// codes of connectors on this machine.
func TestTheCLIHasTheClustersFunctionsAsk(t *testing.T) {
	lake := destinationConfig("remote")
	atZero(t, "check", "discover")
	for name, c := range map[string]struct {
		source, destination string
		code                int
	}{
		"both work":        {"{count: 10}", lake, 0},
		"a wrong password": {"{count: 10}", strings.Replace(lake, pgtest.User, "nobody", 1), 1},
		"a wrong config":   {"{count: many}", lake, 2},
		"no document":      {"{count: 10}, colour: red", lake, 2},
	} {
		docs := documentsOf(t, c.source, c.destination)
		there, here := knelt(t, "check", "-f", docs.there, "--remote"), knelt(t, "check", "-f", docs.here)
		if there.code != c.code || here.code != c.code {
			t.Errorf("%s: the cluster's answer is %d, that of this machine %d, want %d", name, there.code, here.code, c.code)
		}
		if there.out != here.out {
			t.Errorf("%s: the cluster says\n%s\n%sthis machine\n%s\n%s", name, there.out, there.err, here.out, here.err)
		}
	}
	docs := documentsOf(t, "{count: 10}", lake)
	there, here := knelt(t, "discover", "-f", docs.there, "--json", "--remote", "shop"), knelt(t, "discover", "-f", docs.here, "--json", "shop")
	if there != here || there.code != 0 || !json.Valid([]byte(there.out)) || !strings.Contains(there.out, "purchases") {
		t.Errorf("the cluster says %+v, this machine %+v", there, here)
	}
	gone := knelt(t, "check", "-f", docs.there, "--remote=http://"+nodeAddress()+":1")
	if gone.code != 1 || !strings.Contains(gone.out, nodeAddress()) {
		t.Errorf("without a function: %+v", gone)
	}
}
