package main

import (
	"fmt"
	"net/netip"

	cnins "github.com/containernetworking/cni/pkg/ns"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/containernetworking/plugins/pkg/ns"
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

// podRoutes are the routes of a pod in one family. The gateway is on no network
// that the pod is on, so it gets a route of its own.
func podRoutes(n network) []route {
	return []route{{to: alone(n.gateway)}, {to: n.defaultRoute(), via: n.gateway}}
}

// configurePod runs in the pod's namespace: loopback up, addresses, the routes
// of each family. It returns the pod's link, which must be a fresh one.
func configurePod(conf *config, ifName string, addresses []netip.Addr) (netlink.Link, error) {
	if err := bringLoopbackUp(); err != nil {
		return nil, err
	}
	link, err := findPodLink(ifName)
	if err != nil {
		return nil, err
	}
	allowIPv6(conf, ifName)
	if err := netlink.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("set %s up in the pod: %w", ifName, err)
	}
	for i, n := range conf.networks {
		if err := ensureAddress(link, alone(addresses[i])); err != nil {
			return nil, fmt.Errorf("in the pod: %w", err)
		}
		for _, r := range podRoutes(n) {
			if err := r.add(link); err != nil {
				return nil, fmt.Errorf("in the pod: %w", err)
			}
		}
	}
	return link, nil
}

// checkPod runs in the pod's namespace and tells what is missing there.
func checkPod(conf *config, ifName string, addresses []netip.Addr) error {
	link, err := findPodLink(ifName)
	if err != nil {
		return err
	}
	for i, n := range conf.networks {
		if err := hasAddress(link, alone(addresses[i])); err != nil {
			return fmt.Errorf("in the pod: %w", err)
		}
		for _, r := range podRoutes(n) {
			if err := r.check(link); err != nil {
				return fmt.Errorf("in the pod: %w", err)
			}
		}
	}
	return nil
}

func findPodLink(ifName string) (netlink.Link, error) {
	link, err := netlinksafe.LinkByName(ifName)
	if err != nil {
		return nil, fmt.Errorf("find %s in the pod: %w", ifName, err)
	}
	return link, nil
}
