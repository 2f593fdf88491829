package replication_test

// childMain runs the part of a test that needs a process of its own.
func childMain() bool { return false }
