// Command probe is the program that the suite of connectortest runs as a
// connector, for images.
package main

import (
	"fmt"
	"os"

	"knelt.dev/pkg/connector/connectortest"
)

func main() {
	connectortest.Probe()
	fmt.Fprintln(os.Stderr, "probe: set "+connectortest.ModeVariable+" to what it shall do")
	os.Exit(2)
}
