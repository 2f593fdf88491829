//go:build linux

package launcher

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"knelt.dev/bridge/podfiles"
)

func TestTheStartsVariablesGoOverTheContainers(t *testing.T) {
	env := []string{"A=1", "PATH=/bin", "B=2"}
	got := overlay(env, map[string]string{"B": "x=y", "C": "", "PATHS": "/"})
	if want := []string{"A=1", "PATH=/bin", "B=x=y", "C=", "PATHS=/"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !slices.Equal(env, []string{"A=1", "PATH=/bin", "B=2"}) {
		t.Errorf("the container's own became %q", env)
	}
}

// TestTheStartsVariablesReachTheConnector, and choose what is started, for they
// may hold AIRBYTE_ENTRYPOINT.
func TestTheStartsVariablesReachTheConnector(t *testing.T) {
	p := newPod(t)
	p.env = append(p.env, "OWN=1", "DEPLOYMENT_MODE=CLOUD", "AIRBYTE_ENTRYPOINT=/no/such/program")
	p.flags = append(p.flags, "-entrypoint-env")
	p.launch()
	p.watched = true
	go p.watch()
	start := podfiles.Start{Command: "read", Args: []string{"read"}, Env: map[string]string{
		"TOKEN": "hunter2", "DEPLOYMENT_MODE": "OSS", modeVariable: "environment", "AIRBYTE_ENTRYPOINT": self(t) + " --quick",
	}}
	if err := errors.Join(p.dir.WriteStart(start), p.me.Ring(podfiles.Look)); err != nil {
		t.Fatal(err)
	}
	p.await(p.started, "the connector's start")
	stdout, _ := p.rest()
	got := strings.Split(strings.TrimSpace(stdout), "\n")
	for _, want := range []string{"OWN=1", "TOKEN=hunter2", "DEPLOYMENT_MODE=OSS", "USE_STREAM_CAPABLE_STATE=true"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %q", want, got)
		}
	}
	if slices.Contains(got, "DEPLOYMENT_MODE=CLOUD") {
		t.Error("a variable that was replaced is still there")
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
	if strings.Contains(p.log.String(), "hunter2") {
		t.Error("the log holds a variable")
	}
}
