package notify

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// RefusedError is an address that webhooks may not have.
type RefusedError struct{ Addr netip.Addr }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s is an address of this machine, its link or its cloud's metadata: webhooks are not sent there unless that is allowed", e.Addr)
}

// refused are addresses at which a request from inside gets what nobody outside
// may have: credentials of the machine, its own admin ports. Networks of the
// organisation are not among them: receivers are there, too.
var refused = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),          // this host
	netip.MustParsePrefix("127.0.0.0/8"),        // loopback
	netip.MustParsePrefix("169.254.0.0/16"),     // link-local, with the metadata of most clouds
	netip.MustParsePrefix("100.100.100.200/32"), // metadata at Alibaba
	netip.MustParsePrefix("168.63.129.16/32"),   // the platform at Azure
	netip.MustParsePrefix("192.0.0.192/32"),     // metadata at Oracle
	netip.MustParsePrefix("224.0.0.0/3"),        // multicast, reserved, broadcast
	netip.MustParsePrefix("::/127"),             // unspecified, loopback
	netip.MustParsePrefix("fe80::/10"),          // link-local
	netip.MustParsePrefix("fd00:ec2::/32"),      // metadata at Amazon
	netip.MustParsePrefix("fd20:ce::/32"),       // metadata at Google
	netip.MustParsePrefix("ff00::/8"),           // multicast
}

// embedding are prefixes that carry an IPv4 address in their last or next bytes.
var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixToV4 = netip.MustParsePrefix("2002::/16")
)

// check says whether an address may be posted to.
func check(a netip.Addr, allowed []netip.Prefix) error {
	a = plain(a)
	for _, p := range allowed {
		if p.Contains(a) {
			return nil
		}
	}
	for _, p := range refused {
		if p.Contains(a) {
			return &RefusedError{a}
		}
	}
	return nil
}

// plain gives the IPv4 address that an IPv6 address stands for, if it does.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToV4.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// guard refuses connections by the address that is dialled, not by the name: what
// a name stands for can change between a check and the use.
func guard(allowed []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		a, err := netip.ParseAddr(host)
		if err != nil {
			return err
		}
		return check(a, allowed)
	}
}
