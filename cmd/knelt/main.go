// Command knelt runs Airbyte-protocol connectors from files on this machine:
// it asks them what they are and have, and syncs a source to a destination.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], onThisMachine()))
}
