package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

// attach connects the pod and returns its two links. A veth that is already
// there and right is kept, so a repeated ADD does not break connections; one
// that is there and wrong was left by a crash and is replaced.
func attach(conf *config, o owner, pod ns.NetNS, addresses []netip.Addr) (hostLink, podLink netlink.Link, err error) {
	bridge, err := ensureBridge(conf)
	if err != nil {
		return nil, nil, err
	}
	if checkAttachment(conf, o, pod, addresses) == nil {
		hostLink, err = netlinksafe.LinkByName(hostVethName(conf.Bridge, o))
	} else {
		if err := detach(conf, o, pod); err != nil {
			return nil, nil, err
		}
		hostLink, err = createVeth(conf, o, pod, bridge, addresses[0])
	}
	if err != nil {
		return nil, nil, err
	}
	err = pod.Do(func(ns.NetNS) error {
		podLink, err = configurePod(conf, o.IfName, addresses)
		return err
	})
	return hostLink, podLink, err
}

// detach removes the pod's link, from both sides: deleting one end of a veth
// takes the other with it on Linux, but not in every gVisor version, and after
// a crash there may be only one. pod may be nil when its namespace is gone.
func detach(conf *config, o owner, pod ns.NetNS) error {
	err := deleteVeth(hostVethName(conf.Bridge, o))
	if pod != nil {
		err = errors.Join(err, pod.Do(func(ns.NetNS) error { return deletePodLink(conf, o.IfName) }))
	}
	return err
}

// checkAttachment tells what is missing or wrong between bridge and pod.
func checkAttachment(conf *config, o owner, pod ns.NetNS, addresses []netip.Addr) error {
	bridge, err := findBridge(conf)
	if err != nil {
		return err
	}
	for _, n := range conf.networks {
		if err := hasAddress(bridge, n.gatewayPrefix()); err != nil {
			return err
		}
	}
	host, err := netlinksafe.LinkByName(hostVethName(conf.Bridge, o))
	if err != nil {
		return fmt.Errorf("find the host veth: %w", err)
	}
	if master := host.Attrs().MasterIndex; master != bridge.Attrs().Index && (master != 0 || reportsMaster(host)) {
		return fmt.Errorf("%s is not attached to %s", host.Attrs().Name, conf.Bridge)
	}
	return pod.Do(func(ns.NetNS) error { return checkPod(conf, o.IfName, addresses) })
}

// reportsMaster tells whether "no master" can be believed. A kernel that names
// the kind of a veth (IFLA_LINKINFO) also reports its master; older gVisor
// reports neither, and there silence means nothing.
func reportsMaster(link netlink.Link) bool { return link.Type() == "veth" }
