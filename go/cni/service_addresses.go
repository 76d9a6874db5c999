package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/vishvananda/netlink"
)

// loopbackDir holds a record for each address that lo was given.
const loopbackDir = "loopback"

// setLoopback gives lo the wanted addresses and takes away those that it was
// given before. An address that the machine has of its own is left as it is.
func setLoopback(store *store, wanted []netip.Prefix) error {
	lo, err := findLoopback()
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, prefix := range wanted {
		keep[loopbackName(prefix)] = true
	}
	names, err := store.names(loopbackDir)
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range names {
		if !keep[name] {
			failures = append(failures, removeFromLoopback(store, lo, name))
		}
	}
	local, err := localAddresses()
	if err != nil {
		return err
	}
	for _, prefix := range wanted {
		if !local[prefix.Addr()] {
			failures = append(failures, addToLoopback(store, lo, prefix))
		}
	}
	return errors.Join(failures...)
}

// addToLoopback writes the record first: whatever happens after it, the
// address is found again.
func addToLoopback(store *store, lo netlink.Link, prefix netip.Prefix) error {
	if err := store.create(loopbackDir, loopbackName(prefix), owner{}); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("record %s: %w", prefix, err)
	}
	return ensureAddress(lo, prefix)
}

func removeFromLoopback(store *store, lo netlink.Link, name string) error {
	path := filepath.Join(store.dir, loopbackDir, name)
	prefix, err := netip.ParsePrefix(strings.Replace(name, "_", "/", 1))
	if err != nil {
		return os.Remove(path) // not a record of ours
	}
	if err := removeAddress(lo, prefix); err != nil {
		return err
	}
	return os.Remove(path)
}

// localAddresses lists what the machine's links have.
func localAddresses() (map[netip.Addr]bool, error) {
	addresses, err := netlinksafe.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, fmt.Errorf("list the addresses: %w", err)
	}
	local := map[netip.Addr]bool{}
	for _, address := range addresses {
		if found, ok := netip.AddrFromSlice(address.IP); ok {
			local[found.Unmap()] = true
		}
	}
	return local, nil
}

func loopbackName(prefix netip.Prefix) string {
	return strings.Replace(prefix.String(), "/", "_", 1)
}
