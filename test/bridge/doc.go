// Package bridge has no code but its tests: syncs over real bridges, in which
// everything is a process of its own, the store is a real Redis, and relays are
// killed, frozen and succeeded by others.
package bridge
