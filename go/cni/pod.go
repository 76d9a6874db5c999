package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	cnins "github.com/containernetworking/cni/pkg/ns"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/containernetworking/plugins/pkg/utils/sysctl"
	"github.com/vishvananda/netlink"
)

// openPodNetNS opens the pod's namespace and refuses the node's own: skel looks
// only after the command, when the damage would be done.
func openPodNetNS(path string) (ns.NetNS, error) {
	if same, err := cnins.CheckNetNS(path); err != nil {
		return nil, err
	} else if same {
		return nil, types.NewError(types.ErrInvalidNetNS, "CNI_NETNS is the plugin's own network namespace: "+path, "pass the pod's namespace")
	}
	pod, err := ns.GetNS(path)
	if err != nil {
		return nil, types.NewError(types.ErrInvalidNetNS, "cannot open CNI_NETNS "+path, err.Error())
	}
	return pod, nil
}

// configurePod runs in the pod's namespace: loopback up, addresses, a default
// route for each family. It returns the pod's link.
func configurePod(conf *config, ifName string, addresses []netip.Addr) (netlink.Link, error) {
	if err := bringLoopbackUp(); err != nil {
		return nil, err
	}
	link, err := netlinksafe.LinkByName(ifName)
	if err != nil {
		return nil, fmt.Errorf("find %s in the pod: %w", ifName, err)
	}
	if len(addresses) > 1 {
		_, _ = sysctl.Sysctl("net/ipv6/conf/"+ifName+"/disable_ipv6", "0")
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("set %s up in the pod: %w", ifName, err)
	}
	for i, n := range conf.networks {
		if err := ensureAddress(link, netip.PrefixFrom(addresses[i], n.subnet.Bits())); err != nil {
			return nil, err
		}
		// gVisor accepts a route without a device and then answers "Network is
		// unreachable", so every route names its link.
		route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: toIPNet(n.defaultRoute()), Gw: n.gateway.AsSlice()}
		if err := netlink.RouteAdd(route); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("add the default route via %s dev %s in the pod: %w", n.gateway, ifName, err)
		}
	}
	return link, nil
}

// checkPod runs in the pod's namespace and tells what is missing there.
func checkPod(conf *config, ifName string, addresses []netip.Addr) error {
	link, err := netlinksafe.LinkByName(ifName)
	if err != nil {
		return fmt.Errorf("find %s in the pod: %w", ifName, err)
	}
	for i, n := range conf.networks {
		if err := hasAddress(link, netip.PrefixFrom(addresses[i], n.subnet.Bits())); err != nil {
			return fmt.Errorf("in the pod: %w", err)
		}
		family := netlink.FAMILY_V4
		if n.gateway.Is6() {
			family = netlink.FAMILY_V6
		}
		routes, err := netlinksafe.RouteList(link, family)
		if err != nil {
			return fmt.Errorf("list the routes of %s in the pod: %w", ifName, err)
		}
		if !hasDefaultRoute(routes, n.gateway) {
			return fmt.Errorf("in the pod: %s has no default route via %s", ifName, n.gateway)
		}
	}
	return nil
}

func hasDefaultRoute(routes []netlink.Route, gateway netip.Addr) bool {
	for _, route := range routes {
		everywhere := route.Dst == nil || route.Dst.IP.IsUnspecified()
		if everywhere && route.Gw.Equal(gateway.AsSlice()) {
			return true
		}
	}
	return false
}

// bringLoopbackUp works on the current namespace. On Linux that also gives lo
// its addresses; where the kernel does not, they are added.
func bringLoopbackUp() error {
	lo, err := netlinksafe.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
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
