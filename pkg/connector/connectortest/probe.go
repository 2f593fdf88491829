package connectortest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ModeVariable chooses what the probe does: NAME or NAME:ARGUMENT, see modes.
const ModeVariable = "KNELT_PROBE"

// modes are what the probe can do. The argument comes as text and, if it is
// one, as a number.
var modes = map[string]func(text string, n int){
	"report":      report,
	"exit":        func(_ string, n int) { os.Exit(n) },
	"echo":        echo,
	"write":       write,
	"lines":       writeLines,
	"half":        half,
	"say":         say,
	"signal-self": signalSelf,
	"hang":        hang,
	"polite":      polite,
	"stubborn":    stubborn,
	"close-stdin": closeStdin,
	"leave":       leave,
	"leave-late":  leaveLate,
	"leave-log":   leaveLog,
	"workers":     workers,
	"eat":         eat,
	"fill":        fill,
	"spoil":       spoil,
	"child":       child,
	"child-late":  childLate,
	"child-log":   childLog,
}

// Probe becomes the probe if ModeVariable is set; then it does not return.
func Probe() {
	mode, set := os.LookupEnv(ModeVariable)
	if !set {
		return
	}
	name, arg, _ := strings.Cut(mode, ":")
	do, known := modes[name]
	if !known {
		fmt.Fprintf(os.Stderr, "probe: no mode %q\n", name)
		os.Exit(2)
	}
	n, err := strconv.Atoi(arg)
	if err != nil {
		n = 0 // the argument is none, or text
	}
	do(arg, n)
	os.Exit(0)
}

// must ends the probe with a code that no test expects.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(99)
	}
}
