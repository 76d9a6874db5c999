package main

import (
	"fmt"
	"net/netip"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/vishvananda/netlink"
)

// route is a way to a network over a link, by a gateway or, where that is not
// valid, directly. It always names the link: gVisor accepts a route without one
// and then answers "Network is unreachable". It names no preferred source
// (RTA_PREFSRC), which gVisor does not know:
// https://github.com/google/gvisor/blob/master/pkg/sentry/socket/netstack/stack.go (localRoute)
type route struct {
	to  netip.Prefix
	via netip.Addr
}

func (r route) String() string {
	if r.via.IsValid() {
		return fmt.Sprintf("%s via %s", r.to, r.via)
	}
	return r.to.String()
}

func (r route) add(link netlink.Link) error {
	wanted := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: toIPNet(r.to)}
	if r.via.IsValid() {
		wanted.Gw = r.via.AsSlice()
	} else {
		wanted.Scope = netlink.SCOPE_LINK
	}
	if err := netlink.RouteAdd(wanted); err != nil {
		return fmt.Errorf("add the route to %s dev %s: %w", r, link.Attrs().Name, err)
	}
	return nil
}

// check fails unless a link has the route.
func (r route) check(link netlink.Link) error {
	family := netlink.FAMILY_V4
	if r.to.Addr().Is6() {
		family = netlink.FAMILY_V6
	}
	routes, err := netlinksafe.RouteList(link, family)
	if err != nil {
		return fmt.Errorf("list the routes of %s: %w", link.Attrs().Name, err)
	}
	for _, found := range routes {
		if r.leadsTo(found) && r.leadsBy(found) {
			return nil
		}
	}
	return fmt.Errorf("%s has no route to %s", link.Attrs().Name, r)
}

func (r route) leadsTo(found netlink.Route) bool {
	if found.Dst == nil || found.Dst.IP.IsUnspecified() {
		return r.to.Bits() == 0
	}
	return found.Dst.String() == r.to.String()
}

func (r route) leadsBy(found netlink.Route) bool {
	if r.via.IsValid() {
		return found.Gw.Equal(r.via.AsSlice())
	}
	return len(found.Gw) == 0
}
