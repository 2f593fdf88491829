//go:build linux

package launcher

import (
	"slices"
	"strings"
	"testing"

	"knelt.dev/bridge/podfiles"
)

// TestTheEntrypointIsSplitAsAShellWould: Airbyte's platform leaves it to eval.
func TestTheEntrypointIsSplitAsAShellWould(t *testing.T) {
	for value, want := range map[string]string{
		"/airbyte/base.sh":                         "/airbyte/base.sh",
		"python /airbyte/integration_code/main.py": "python|/airbyte/integration_code/main.py",
		"  python \t main.py\n":                    "python|main.py",
		`java -jar "/app/my connector.jar"`:        "java|-jar|/app/my connector.jar",
		`'/a b/c' --x='y z'`:                       "/a b/c|--x=y z",
		`a\ b c\"d`:                                `a b|c"d`,
		`sh -c 'exec java "$@"' --`:                `sh|-c|exec java "$@"|--`,
		`"a"'b'c`:                                  "abc",
		`a "" b`:                                   "a||b",
		`$HOME/run ${HOME}2`:                       "/home/airbyte/run|/home/airbyte2",
		`run $OPTS`:                                "run|-Xmx1g|-Xms1g",
		`run "$OPTS"`:                              "run|-Xmx1g -Xms1g",
		`run $UNSET x`:                             "run|x",
		`run *.py`:                                 "run|*.py",
		"a\n b":                                    "a|b",
		"a \\\nb":                                  "a|b",
		`"say \$HOME"`:                             "say $HOME",
		`'$HOME'`:                                  "$HOME",
		"/app/bin/node --max-old-space-size=512 /x.mjs": "/app/bin/node|--max-old-space-size=512|/x.mjs",
	} {
		c := Config{EntrypointEnv: true, Env: []string{"HOME=/home/airbyte", "OPTS=-Xmx1g -Xms1g", "AIRBYTE_ENTRYPOINT=" + value}}
		words, err := c.entrypoint()
		if got := strings.Join(words, "|"); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", value, got, err, want)
		}
	}
}

func TestAnEntrypointThatIsNoSingleCommandIsAnError(t *testing.T) {
	for _, value := range []string{`a "b`, `a 'b`, "a; b", "a && b", "a | b", "a > b", "$(a)", "`a`", "''", "$UNSET"} {
		c := Config{EntrypointEnv: true, Env: []string{"AIRBYTE_ENTRYPOINT=" + value}}
		if words, err := c.entrypoint(); err == nil || !strings.Contains(err.Error(), "AIRBYTE_ENTRYPOINT") {
			t.Errorf("%q: got %q, %v", value, words, err)
		}
	}
}

func TestTheCommandLineIsUsedWhereTheVariableIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		Config
		want string
	}{
		"not asked for": {Config{Words: []string{"x", "y z"}, Env: []string{"AIRBYTE_ENTRYPOINT=a"}}, "x|y z"},
		"not set":       {Config{Words: []string{"x"}, EntrypointEnv: true}, "x"},
		"empty":         {Config{Words: []string{"x"}, EntrypointEnv: true, Env: []string{"AIRBYTE_ENTRYPOINT= "}}, "x"},
		"set":           {Config{Words: []string{"x"}, EntrypointEnv: true, Env: []string{"AIRBYTE_ENTRYPOINT=a"}}, "a"},
	} {
		words, err := c.entrypoint()
		if got := strings.Join(words, "|"); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestTheVariablesProgramGetsItsOwnWordsFirst(t *testing.T) {
	p := newPod(t)
	p.flags = append(p.flags, "-entrypoint-env")
	p.env = append(p.env, modeVariable+"=hello", "AIRBYTE_ENTRYPOINT="+self(t)+" 'a b'")
	p.run("/not/used")
	if stdout, stderr := p.rest(); stdout != "hello a b|read\n" {
		t.Errorf("got %q, %q", stdout, stderr)
	}
	if exit := p.end(); exit != (podfiles.Exit{}) {
		t.Errorf("got %+v", exit)
	}
}

func TestTheEnvironmentIsTheImagesAndWhatIsDocumented(t *testing.T) {
	for name, c := range map[string]struct{ env, want string }{
		"bare":        {"A=1", "A=1|USE_STREAM_CAPABLE_STATE=true|DEPLOYMENT_MODE=OSS|LANG=C.UTF-8"},
		"set already": {"DEPLOYMENT_MODE=CLOUD|USE_STREAM_CAPABLE_STATE=false|LC_ALL=C", "DEPLOYMENT_MODE=CLOUD|USE_STREAM_CAPABLE_STATE=false|LC_ALL=C"},
	} {
		env := strings.Split(c.env, "|")
		if got := environment(env); !slices.Equal(got, strings.Split(c.want, "|")) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
