//go:build linux

package launcher

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"knelt.dev/bridge/podfiles"
)

// Config says what to launch and how.
type Config struct {
	// Dir is where launcher and sidecar meet.
	Dir podfiles.Dir
	// Words are the entrypoint's words. start.json's arguments follow them.
	Words []string
	// EntrypointEnv takes the entrypoint from the variable AIRBYTE_ENTRYPOINT;
	// Words are then what is used where it is not set.
	EntrypointEnv bool
	// Wait is how long the sidecar and start.json may be in coming.
	Wait time.Duration
	// Grace is between SIGTERM and SIGKILL when the sidecar is gone.
	Grace time.Duration
	// Drain is how long an output may be empty, after the connector itself has
	// ended, before the children that still hold it open are killed. A reader
	// that is slow does not count.
	Drain time.Duration
	// Env is the environment, as os.Environ gives it.
	Env []string
	// Root is where proc and sys are: "/".
	Root string
	// Log takes what the launcher has to say, line by line.
	Log io.Writer
}

const usage = `usage: bridge exec [flags] -- ENTRYPOINT [ARG...]

Starts the connector once the sidecar has written DIR/start.json.

`

// ParseFlags reads the command line behind "exec". flag.ErrHelp tells that help
// was wanted and has been written to log, as other errors have.
func ParseFlags(args, env []string, log io.Writer) (Config, error) {
	c := Config{Env: env, Root: "/", Log: log}
	f := flag.NewFlagSet("bridge exec", flag.ContinueOnError)
	f.SetOutput(log)
	f.Usage = func() { _, _ = fmt.Fprint(log, usage); f.PrintDefaults() }
	dir := f.String("dir", "/bridge", "`directory` shared with the sidecar, absolute and the same in both containers")
	f.BoolVar(&c.EntrypointEnv, "entrypoint-env", false, "take the entrypoint from AIRBYTE_ENTRYPOINT; ENTRYPOINT is used where that is not set")
	f.DurationVar(&c.Wait, "wait", 10*time.Minute, "how long the sidecar and start.json may be in coming")
	f.DurationVar(&c.Grace, "grace", 10*time.Second, "between SIGTERM and SIGKILL when the sidecar is gone")
	f.DurationVar(&c.Drain, "drain", 5*time.Second, "how long children left behind may hold a silent output open")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	c.Dir, c.Words = podfiles.Dir(*dir), f.Args()
	if err := c.check(); err != nil {
		_, _ = fmt.Fprintf(log, "bridge exec: %v\n", err) // if that fails the exit code remains
		return c, err
	}
	return c, nil
}

func (c Config) check() error {
	switch {
	case !filepath.IsAbs(string(c.Dir)):
		return fmt.Errorf("--dir %s is not an absolute path", c.Dir)
	case len(c.Words) == 0 && !c.EntrypointEnv:
		return errors.New("nothing to start: give ENTRYPOINT behind --, or --entrypoint-env")
	case c.Wait <= 0 || c.Grace < 0 || c.Drain < 0:
		return errors.New("--wait must be more than 0, --grace and --drain not less")
	}
	return nil
}
