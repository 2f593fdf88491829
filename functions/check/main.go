// Command check is the function that tells whether the config of a Source or
// Destination works.
package main

import (
	"knelt.dev/functions/check/handler"
	"knelt.dev/functions/internal/cluster"
	"knelt.dev/pkg/host"
)

func main() {
	cluster.Main("check", func(c *cluster.Cluster) host.Function {
		return (&handler.Handler{Asker: c.Asker()}).Function()
	})
}
