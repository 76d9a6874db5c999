package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/containernetworking/plugins/pkg/utils/sysctl"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// alone is the prefix that holds this address and no other.
func alone(address netip.Addr) netip.Prefix {
	return netip.PrefixFrom(address, address.BitLen())
}

// allowIPv6 switches IPv6 on for a link where the configuration wants it. The
// setting is absent in gVisor, where IPv6 is on; Linux hosts may have it off by
// default.
func allowIPv6(conf *config, link string) {
	if len(conf.networks) > 1 {
		_, _ = sysctl.Sysctl("net/ipv6/conf/"+link+"/disable_ipv6", "0")
	}
}

// ensureAddress gives a link an address; having it already is success.
func ensureAddress(link netlink.Link, prefix netip.Prefix) error {
	address := &netlink.Addr{IPNet: toIPNet(prefix)}
	if prefix.Addr().Is6() {
		// The lease makes it unique; without this the address is unusable for the
		// second or two that duplicate address detection takes.
		address.Flags = unix.IFA_F_NODAD
	}
	if err := netlink.AddrAdd(link, address); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("add %s to %s: %w", prefix, link.Attrs().Name, err)
	}
	return nil
}

// removeAddress takes an address from a link; not having it is success.
func removeAddress(link netlink.Link, prefix netip.Prefix) error {
	if hasAddress(link, prefix) != nil {
		return nil
	}
	if err := deleteAddress(link, prefix); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
		return fmt.Errorf("remove %s from %s: %w", prefix, link.Attrs().Name, err)
	}
	return nil
}

// deleteAddress asks for what netlink.AddrDel asks for without the broadcast
// address, which gVisor refuses in such a request:
// https://github.com/google/gvisor/blob/master/pkg/sentry/socket/netlink/route/protocol.go (delAddr)
func deleteAddress(link netlink.Link, prefix netip.Prefix) error {
	request := nl.NewNetlinkRequest(unix.RTM_DELADDR, unix.NLM_F_ACK)
	message := nl.NewIfAddrmsg(nl.GetIPFamily(prefix.Addr().AsSlice()))
	message.Index = uint32(link.Attrs().Index)
	message.Prefixlen = uint8(prefix.Bits())
	request.AddData(message)
	request.AddData(nl.NewRtAttr(unix.IFA_LOCAL, prefix.Addr().AsSlice()))
	_, err := request.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// hasAddress fails unless a link has that address with that prefix length.
func hasAddress(link netlink.Link, prefix netip.Prefix) error {
	addresses, err := netlinksafe.AddrList(link, netlink.FAMILY_ALL)
	if err != nil {
		return fmt.Errorf("list the addresses of %s: %w", link.Attrs().Name, err)
	}
	for _, address := range addresses {
		found := address.IPNet
		// gVisor reports IPv6 addresses twice over, as IFA_LOCAL and IFA_ADDRESS; the
		// netlink library then takes the second for a peer and the first for a /128.
		if address.Peer != nil {
			found = address.Peer
		}
		if found.String() == prefix.String() {
			return nil
		}
	}
	return fmt.Errorf("%s does not have the address %s", link.Attrs().Name, prefix)
}

func toIPNet(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}
}
