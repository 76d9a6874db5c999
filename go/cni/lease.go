package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/containernetworking/cni/pkg/types"
)

const leasesDir = "leases"

// errAddressesExhausted is this plugin's CNI error code for "no free address";
// codes from 100 on are the plugin's own.
const errAddressesExhausted uint = 100

// lease returns an address of each network for the owner: the one it already
// holds, or the next free one.
func (s *store) lease(taker owner, networks []network, alive func(owner) bool) ([]netip.Addr, error) {
	var addresses []netip.Addr
	for _, n := range networks {
		address, err := s.leaseIn(n, taker)
		if isExhausted(err) {
			// Before giving up, take back what crashed commands left behind. Nothing
			// else can be between its lease and its veth: the lock is held.
			if err := s.prune(func(holder owner) bool { return holder == taker || alive(holder) }); err != nil {
				return nil, err
			}
			address, err = s.leaseIn(n, taker)
		}
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}

// leased returns the addresses that the owner holds, in the networks' order.
func (s *store) leased(holder owner, networks []network) ([]netip.Addr, error) {
	taken, err := s.leases()
	if err != nil {
		return nil, err
	}
	var addresses []netip.Addr
	for _, n := range networks {
		if address, ok := heldIn(n, holder, taken); ok {
			addresses = append(addresses, address)
		}
	}
	return addresses, nil
}

func (s *store) leaseIn(n network, taker owner) (netip.Addr, error) {
	taken, err := s.leases()
	if err != nil {
		return netip.Addr{}, err
	}
	if address, ok := heldIn(n, taker, taken); ok {
		return address, nil
	}
	// Go round the subnet rather than always taking the lowest free address: a
	// peer that still talks to a pod just deleted must not reach its successor.
	start := s.lastHandedOut(n)
	last := lastAddress(n.subnet)
	for candidate := start.Next(); ; candidate = candidate.Next() {
		if !n.subnet.Contains(candidate) {
			candidate = n.subnet.Addr()
		}
		_, used := taken[candidate]
		if !used && candidate != n.subnet.Addr() && candidate != last && candidate != n.gateway {
			if err := s.create(leasesDir, candidate.String(), taker); err != nil {
				return netip.Addr{}, fmt.Errorf("record the lease of %s: %w", candidate, err)
			}
			// Only a hint, so a failure to write it is no failure to lease.
			_ = os.WriteFile(s.hintPath(n), []byte(candidate.String()), 0o644)
			return candidate, nil
		}
		if candidate == start {
			return netip.Addr{}, types.NewError(errAddressesExhausted,
				fmt.Sprintf("no free address left in %s (%d in use)", n.subnet, len(taken)),
				"delete pods, run GC, or recreate the cluster with a larger pod subnet")
		}
	}
}

// leases reads every lease. One whose content is damaged still counts as taken.
func (s *store) leases() (map[netip.Addr]owner, error) {
	names, err := s.names(leasesDir)
	if err != nil {
		return nil, err
	}
	taken := make(map[netip.Addr]owner, len(names))
	for _, name := range names {
		address, err := netip.ParseAddr(name)
		if err != nil {
			continue
		}
		var holder owner
		_ = s.read(leasesDir, name, &holder)
		taken[address] = holder
	}
	return taken, nil
}

func (s *store) hintPath(n network) string {
	if n.gateway.Is4() {
		return filepath.Join(s.dir, leasesDir, ".last4")
	}
	return filepath.Join(s.dir, leasesDir, ".last6")
}

// lastHandedOut is where the search for a free address goes on from.
func (s *store) lastHandedOut(n network) netip.Addr {
	data, _ := os.ReadFile(s.hintPath(n))
	if address, err := netip.ParseAddr(string(data)); err == nil && n.subnet.Contains(address) {
		return address
	}
	return n.subnet.Addr()
}

func heldIn(n network, holder owner, taken map[netip.Addr]owner) (netip.Addr, bool) {
	for address, other := range taken {
		if other == holder && n.subnet.Contains(address) {
			return address, true
		}
	}
	return netip.Addr{}, false
}

func isExhausted(err error) bool {
	cniError, ok := err.(*types.Error)
	return ok && cniError.Code == errAddressesExhausted
}
