//go:build linux

// Command bridge is what stands between a connector and the network in its pod:
// "bridge exec" starts the connector in its container, "bridge serve" is the
// sidecar beside it, "bridge install" puts the program where both find it.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"knelt.dev/bridge/launcher"
)

// commands are what bridge can do. Each takes the arguments behind its name and
// returns the exit code.
var commands = map[string]func(args []string) int{
	"exec":    launcher.Main,
	"install": install,
	"serve":   serve,
	"version": version,
}

func main() {
	if len(os.Args) > 1 {
		if command, known := commands[os.Args[1]]; known {
			os.Exit(command(os.Args[2:]))
		}
	}
	fmt.Fprintln(os.Stderr, "usage: bridge exec|serve|install|version [flags]; -h after one of them tells its flags")
	os.Exit(2)
}

// version prints which build this is.
func version([]string) int {
	text := "bridge (devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		text = "bridge " + info.Main.Version
	}
	fmt.Printf("%s (%s, %s/%s)\n", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return 0
}
