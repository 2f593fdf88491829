package kit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// need says which files a command is given.
type need uint8

const (
	needsConfig need = 1 << iota
	needsCatalog
	takesState
)

// flags are the options of the protocol, with what a command must have to be
// given one.
var flags = []struct {
	name string
	need need
}{{"config", needsConfig}, {"catalog", needsCatalog}, {"state", takesState}}

// arguments is a command line of the protocol.
type arguments struct {
	command string
	help    bool
	paths   map[string]string
}

// parseArguments reads COMMAND [--config P] [--catalog P] [--state P], in any
// order, also as --config=P.
func parseArguments(args []string) (arguments, error) {
	a := arguments{paths: map[string]string{}}
	for len(args) > 0 {
		var err error
		if args, err = a.take(args); err != nil {
			return a, err
		}
	}
	return a, nil
}

// take reads the first argument, with its value, and gives the rest.
func (a *arguments) take(args []string) ([]string, error) {
	word, rest := args[0], args[1:]
	if word == "--help" || word == "-h" {
		a.help = true
		return rest, nil
	}
	name, isFlag := strings.CutPrefix(word, "--")
	if !isFlag {
		if a.command != "" {
			return nil, fmt.Errorf("unexpected argument after %s", a.command)
		}
		a.command = word
		return rest, nil
	}
	name, path, joined := strings.Cut(name, "=")
	if !isKnownFlag(name) {
		return nil, fmt.Errorf("unknown option --%s", name)
	}
	if !joined {
		if len(rest) == 0 {
			return nil, fmt.Errorf("--%s needs a path", name)
		}
		path, rest = rest[0], rest[1:]
	}
	if _, twice := a.paths[name]; twice {
		return nil, fmt.Errorf("--%s given twice", name)
	}
	a.paths[name] = path
	return rest, nil
}

func isKnownFlag(name string) bool {
	for _, f := range flags {
		if f.name == name {
			return true
		}
	}
	return false
}

// check tells whether the options are those of the command. An option that the
// command has no use for is let through, as all kits do.
func (a *arguments) check(commands map[string]command) error {
	c, known := commands[a.command]
	if !known {
		return fmt.Errorf("unknown command %q", a.command)
	}
	for _, f := range flags {
		if _, given := a.paths[f.name]; !given && f.need != takesState && c.needs&f.need != 0 {
			return fmt.Errorf("%s needs --%s PATH", a.command, f.name)
		}
	}
	return nil
}

// usage lists the commands.
func usage(program string, commands map[string]command) string {
	var text strings.Builder
	text.WriteString("Usage:\n")
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		fmt.Fprintf(&text, "  %s %s", program, name)
		for _, f := range flags {
			if commands[name].needs&f.need == 0 {
				continue
			}
			if f.need == takesState {
				fmt.Fprintf(&text, " [--%s PATH]", f.name)
			} else {
				fmt.Fprintf(&text, " --%s PATH", f.name)
			}
		}
		text.WriteString("\n")
	}
	return text.String()
}
