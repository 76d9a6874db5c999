package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

// attach connects the pod and returns its two links. A veth that is already
// there and right is kept, so a repeated ADD does not break connections; one
// that is there and wrong was left by a crash and is replaced.
func attach(conf *config, o owner, pod ns.NetNS, addresses []netip.Addr) (hostLink, podLink netlink.Link, err error) {
	if err := ensureNodeAddresses(conf); err != nil {
		return nil, nil, err
	}
	if checkAttachment(conf, o, pod, addresses) == nil {
		hostLink, err = findHostVeth(conf, hostVethName(conf, o))
		if err != nil {
			return nil, nil, err
		}
		err = pod.Do(func(ns.NetNS) error {
			podLink, err = findPodLink(o.IfName)
			return err
		})
		return hostLink, podLink, err
	}
	if err := detach(conf, o, pod); err != nil {
		return nil, nil, err
	}
	if hostLink, err = createVeth(conf, o, pod, addresses[0]); err != nil {
		return nil, nil, err
	}
	if err := configureHostVeth(conf, hostLink, addresses); err != nil {
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
// a crash there may be only one. The node's route goes with the host end. pod
// may be nil when its namespace is gone.
func detach(conf *config, o owner, pod ns.NetNS) error {
	err := deleteHostVeth(conf, hostVethName(conf, o))
	if pod != nil {
		err = errors.Join(err, pod.Do(func(ns.NetNS) error { return deletePodLink(conf, o.IfName) }))
	}
	return err
}

// checkAttachment tells what is missing or wrong between node and pod.
func checkAttachment(conf *config, o owner, pod ns.NetNS, addresses []netip.Addr) error {
	if err := checkNodeAddresses(conf); err != nil {
		return err
	}
	host, err := findHostVeth(conf, hostVethName(conf, o))
	if err != nil {
		return fmt.Errorf("find the host veth: %w", err)
	}
	for i, n := range conf.networks {
		if err := errors.Join(hasAddress(host, alone(n.gateway)), route{to: alone(addresses[i])}.check(host)); err != nil {
			return fmt.Errorf("on the node: %w", err)
		}
	}
	return pod.Do(func(ns.NetNS) error { return checkPod(conf, o.IfName, addresses) })
}
