package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Params are those of a folder of stories. In each, bin is the folder of the
// programs, which are also on the PATH, and these commands are added to
// testscript's:
//
//	exits CODE PROGRAM ARG...   runs it; it must end with CODE
//	rows COUNT DATABASE TABLE   the table has COUNT rows, of as many ids
//	events                      every line of stdout is an event
//	hidden TEXT PATH...         no file below the paths holds TEXT
//	until TEXT FILE             waits until the file holds what matches TEXT
func Params(bin, stories string) testscript.Params {
	return testscript.Params{
		Dir: stories,
		Setup: func(env *testscript.Env) error {
			for _, v := range Environment(env.WorkDir) {
				name, value, _ := bytes.Cut([]byte(v), []byte("="))
				env.Setenv(string(name), string(value))
			}
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("SECRET", SecretValue)
			return os.Symlink(bin, filepath.Join(env.WorkDir, "bin"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"rows":   func(ts *testscript.TestScript, neg bool, args []string) { rows(ts, bin, neg, args) },
			"events": events,
			"hidden": hidden,
			"until":  until,
		},
		ContinueOnError: false,
	}
}

func usage(ts *testscript.TestScript, wrong bool, text string) {
	if wrong {
		ts.Fatalf("usage: %s", text)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "exits CODE PROGRAM ARG...")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	default:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, not %d", got, want)
	}
}

func rows(ts *testscript.TestScript, bin string, neg bool, args []string) {
	usage(ts, neg || len(args) != 3, "rows COUNT DATABASE TABLE")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got, ids, err := Rows(context.Background(), bin, ts.MkAbs(args[1]), args[2])
	ts.Check(err)
	if got != want || ids != want {
		ts.Fatalf("%s has %d rows of %d ids, not %d", args[2], got, ids, want)
	}
}

func events(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) > 0, "events")
	n := 0
	for line := range bytes.Lines([]byte(ts.ReadFile("stdout"))) {
		var event struct {
			Event string `json:"event"`
		}
		if err := json.Unmarshal(line, &event); err != nil || event.Event == "" {
			ts.Fatalf("not an event: %s (%v)", line, err)
		}
		n++
	}
	if n == 0 {
		ts.Fatalf("stdout holds no event")
	}
}

func hidden(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "hidden TEXT PATH...")
	files := 0
	for _, root := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			files++
			if bytes.Contains(text, []byte(args[0])) {
				ts.Fatalf("%s holds what must be hidden", path)
			}
			return err
		}))
	}
	if files == 0 {
		ts.Fatalf("there is no file below %v", args[1:])
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "until TEXT FILE")
	wanted, err := regexp.Compile(args[0])
	ts.Check(err)
	var text []byte
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		// The file may not be there yet.
		if text, err = os.ReadFile(ts.MkAbs(args[1])); err == nil && wanted.Match(text) {
			return
		}
	}
	ts.Fatalf("%s did not come to hold %s: %s (%v)", args[1], args[0], text, err)
}
