// Package connectortest is the suite that every connector.Runtime passes, and
// the probe, the program that it runs as a connector.
//
// A runtime of local processes lets its own test binary be the probe, by
// calling Probe first in TestMain. A runtime of containers builds
// connectortest/probe into an image. The suite chooses what the probe does by
// one variable of Connector.Env, so that the arguments stay the protocol's.
package connectortest
