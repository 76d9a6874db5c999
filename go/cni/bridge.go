package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/containernetworking/plugins/pkg/utils/sysctl"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ensureBridge makes sure that the bridge exists, is up and has its addresses.
func ensureBridge(conf *config) (netlink.Link, error) {
	bridge, err := findBridge(conf)
	if isLinkNotFound(err) {
		bridge, err = createBridge(conf)
	}
	if err != nil {
		return nil, err
	}
	if len(conf.networks) > 1 {
		// Absent in gVisor, where IPv6 is on; Linux hosts may have it off by default.
		_, _ = sysctl.Sysctl("net/ipv6/conf/"+conf.Bridge+"/disable_ipv6", "0")
	}
	for _, n := range conf.networks {
		if err := ensureAddress(bridge, n.gatewayPrefix()); err != nil {
			return nil, err
		}
	}
	if err := netlink.LinkSetUp(bridge); err != nil {
		return nil, fmt.Errorf("set %s up: %w", conf.Bridge, err)
	}
	return bridge, nil
}

// findBridge returns the bridge, or an error that isLinkNotFound knows. It tells
// our bridge by the MAC address that createBridge gave it, because gVisor does
// not say whether a link is a bridge:
// https://github.com/google/gvisor/blob/master/pkg/sentry/socket/netlink/route/protocol.go (writeLinkInfo)
func findBridge(conf *config) (netlink.Link, error) {
	link, err := netlinksafe.LinkByName(conf.Bridge)
	if err != nil {
		return nil, fmt.Errorf("find bridge %s: %w", conf.Bridge, err)
	}
	if !bytes.Equal(link.Attrs().HardwareAddr, bridgeMAC(conf)) {
		return nil, fmt.Errorf("%s exists but was not made by sandkube for %s (its MAC address is %s, not %s): remove it or configure another bridge name",
			conf.Bridge, conf.Gateway, link.Attrs().HardwareAddr, bridgeMAC(conf))
	}
	return link, nil
}

func createBridge(conf *config) (netlink.Link, error) {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = conf.Bridge
	attributes.MTU = conf.MTU
	// A Linux bridge without an address of its own takes the lowest one of its
	// ports, and so changes it under the pods' feet when pods come and go.
	attributes.HardwareAddr = bridgeMAC(conf)
	if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attributes}); err != nil {
		return nil, fmt.Errorf("create bridge %s: %w", conf.Bridge, err)
	}
	return findBridge(conf)
}

func bridgeMAC(conf *config) net.HardwareAddr { return stableMAC(conf.networks[0].gateway) }

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
