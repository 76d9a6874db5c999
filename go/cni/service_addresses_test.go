package main

import (
	"slices"
	"testing"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/vishvananda/netlink"
)

// loopbackAddresses lists what lo has on a node, sorted.
func (n *node) loopbackAddresses() []string {
	n.t.Helper()
	var found []string
	inside(n.t, n.netns, func() error {
		lo, err := netlinksafe.LinkByName("lo")
		if err != nil {
			return err
		}
		addresses, err := netlinksafe.AddrList(lo, netlink.FAMILY_V4)
		for _, address := range addresses {
			found = append(found, address.IPNet.String())
		}
		return err
	})
	slices.Sort(found)
	return found
}

func (n *node) wantLoopback(want ...string) {
	n.t.Helper()
	if got := n.loopbackAddresses(); !equal(got, want) {
		n.t.Errorf("lo has %v, not %v", got, want)
	}
}

func TestLoopbackHasTheAddressesOfServices(t *testing.T) {
	n := newNode(t)
	const own, node = "127.0.0.1/8", "10.244.0.1/32"
	n.conf["loopback"] = []string{"10.96.0.0/16"}
	for range 2 {
		if err := n.command("node-up"); err != nil {
			t.Fatal(err)
		}
	}
	n.wantLoopback(node, "10.96.0.0/16", own)
	// Every address of the network is the node's, and a pod's packet finds it.
	p := n.addPod("a")
	for _, address := range []string{"10.96.0.1", "10.96.200.7"} {
		if got := connect(t, p.netns, n.netns, address); got != p.address() {
			t.Errorf("%s sees %s in place of %s", address, got, p.address())
		}
	}

	n.conf["loopback"] = []string{"10.96.0.0/16", "192.0.2.1/32"}
	if err := n.command("node-addresses"); err != nil {
		t.Fatal(err)
	}
	n.wantLoopback(node, "10.96.0.0/16", own, "192.0.2.1/32")
	n.conf["loopback"] = []string{"10.96.0.0/16", "192.0.2.2/32"}
	if err := n.command("node-addresses"); err != nil {
		t.Fatal(err)
	}
	n.wantLoopback(node, "10.96.0.0/16", own, "192.0.2.2/32")
	for range 2 {
		if err := n.command("node-down"); err != nil {
			t.Fatal(err)
		}
	}
	n.wantLoopback(own)
}

func TestAnAddressOfTheMachineIsLeftAsItIs(t *testing.T) {
	n := newNode(t)
	if err := n.command("node-up"); err != nil {
		t.Fatal(err)
	}
	inside(t, n.netns, func() error {
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "d0"}, PeerName: "d1"}); err != nil {
			return err
		}
		link, err := netlinksafe.LinkByName("d0")
		if err != nil {
			return err
		}
		address, err := netlink.ParseAddr("192.0.2.1/24")
		if err != nil {
			return err
		}
		return netlink.AddrAdd(link, address)
	})
	n.conf["loopback"] = []string{"192.0.2.1/32"}
	if err := n.command("node-addresses"); err != nil {
		t.Fatal(err)
	}
	n.wantLoopback("10.244.0.1/32", "127.0.0.1/8")
}

func TestLoopbackWantsAddresses(t *testing.T) {
	n := newNode(t)
	n.conf["loopback"] = []string{"somewhere"}
	if err := n.command("node-up"); err == nil {
		t.Error("accepted")
	}
}
