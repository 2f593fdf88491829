package notify

import (
	"net/netip"
	"testing"
)

func TestAddressesOfMachinesAreRefused(t *testing.T) {
	for address, ok := range map[string]bool{
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "64:ff9b::a9fe:a9fe": false, "2002:a9fe:a9fe::1": false,
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "::": false, "0.0.0.0": false, "fe80::1": false, "fe80::1%eth0": false,
		"fd00:ec2::254": false, "fd20:ce::254": false, "100.100.100.200": false, "224.0.0.1": false, "255.255.255.255": false, "ff02::1": false,
		"10.1.2.3": true, "192.168.0.9": true, "172.16.0.1": true, "8.8.8.8": true, "fd12::1": true, "2606:4700::1111": true, "100.64.0.1": true,
	} {
		if err := check(netip.MustParseAddr(address), nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for address, ok := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.1": true, "169.254.169.254": false, "::1": false} {
		if err := check(netip.MustParseAddr(address), allowed); (err == nil) != ok {
			t.Errorf("with %v allowed, %s: %v", allowed, address, err)
		}
	}
}
