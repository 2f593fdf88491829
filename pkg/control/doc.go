// Package control joins the scheduler, what it remembers and the API, so that a
// function on a cluster and one process on a laptop are the same control plane.
package control
