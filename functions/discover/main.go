// Command discover is the function that tells which streams a Source has.
package main

import (
	"knelt.dev/functions/discover/handler"
	"knelt.dev/functions/internal/cluster"
	"knelt.dev/pkg/host"
)

func main() {
	cluster.Main("discover", func(c *cluster.Cluster) host.Function {
		return (&handler.Handler{Asker: c.Asker()}).Function()
	})
}
