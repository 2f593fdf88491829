//go:build linux

package launcher

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/shell"
)

// entrypointVariable is where Airbyte's images say how they are started.
const entrypointVariable = "AIRBYTE_ENTRYPOINT"

// The exit codes of what was not started. 126 and 127 are what shells answer;
// Airbyte's own launcher answers 127 when there is no entrypoint.
const (
	codeTrouble       = 125
	codeNotExecutable = 126
	codeNotFound      = 127
)

// startError tells why the connector was not started, and as which exit code
// that counts.
type startError struct {
	code    int
	problem string
}

func (e *startError) Error() string { return e.problem }

// entrypoint gives the words of the program to start, without its arguments.
//
// Airbyte's platform runs eval "$AIRBYTE_ENTRYPOINT ...", and images rely on the
// quotes and variables that a shell would see to. There is no shell here, so
// commands ($(...), pipes, several commands) are an error.
func (c Config) entrypoint() ([]string, error) {
	value := strings.TrimSpace(lookup(c.Env, entrypointVariable))
	if !c.EntrypointEnv || value == "" {
		return c.fallback()
	}
	words, err := shell.Fields(value, func(name string) string { return lookup(c.Env, name) })
	if err != nil {
		return nil, &startError{codeNotFound, fmt.Sprintf("the image's %s cannot be split into words (%v): "+
			"it must be one program with arguments, as a shell would read it, without other shell commands", entrypointVariable, err)}
	}
	if len(words) == 0 || words[0] == "" {
		return nil, &startError{codeNotFound, fmt.Sprintf("the image's %s names no program: correct it in the image", entrypointVariable)}
	}
	return words, nil
}

// fallback gives the words of the command line.
func (c Config) fallback() ([]string, error) {
	if len(c.Words) > 0 && c.Words[0] != "" {
		return c.Words, nil
	}
	return nil, &startError{codeNotFound, fmt.Sprintf("the connector has no entrypoint: its image sets no %s and none was given; "+
		"set the variable in the image or in the connector's env", entrypointVariable)}
}

// lookup finds a variable in an environment; "" if it is not set.
func lookup(env []string, name string) string {
	for _, entry := range env {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}
