package host_test

func beAHost() bool { return false }
