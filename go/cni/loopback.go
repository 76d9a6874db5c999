package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/vishvananda/netlink"
)

// bringLoopbackUp works on the current namespace. On Linux that also gives lo
// its addresses; where the kernel does not, they are added.
func bringLoopbackUp() error {
	lo, err := findLoopback()
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	loopback := netip.MustParsePrefix("127.0.0.1/8")
	if hasAddress(lo, loopback) == nil {
		return nil
	}
	return ensureAddress(lo, loopback)
}

// ensureNodeAddresses gives the node its addresses, which must be there before
// the first pod and after the last one. They are on lo because gVisor has no
// dummy links.
func ensureNodeAddresses(conf *config) error {
	lo, err := findLoopback()
	if err != nil {
		return err
	}
	allowIPv6(conf, "lo")
	for _, n := range conf.networks {
		if err := ensureAddress(lo, alone(n.gateway)); err != nil {
			return err
		}
	}
	return nil
}

// removeNodeAddresses undoes ensureNodeAddresses.
func removeNodeAddresses(conf *config) error {
	lo, err := findLoopback()
	if err != nil {
		return err
	}
	var failures []error
	for _, n := range conf.networks {
		failures = append(failures, removeAddress(lo, alone(n.gateway)))
	}
	return errors.Join(failures...)
}

// checkNodeAddresses tells which of the node's addresses is missing.
func checkNodeAddresses(conf *config) error {
	lo, err := findLoopback()
	if err != nil {
		return err
	}
	for _, n := range conf.networks {
		if err := hasAddress(lo, alone(n.gateway)); err != nil {
			return fmt.Errorf("on the node: %w", err)
		}
	}
	return nil
}

func findLoopback() (netlink.Link, error) {
	lo, err := netlinksafe.LinkByName("lo")
	if err != nil {
		return nil, fmt.Errorf("find lo: %w", err)
	}
	return lo, nil
}
