package main

import (
	"testing"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

func TestNodeUpAndDownMayBeRepeated(t *testing.T) {
	n := newNode(t)
	for range 2 {
		if err := n.command("node-up"); err != nil {
			t.Fatal(err)
		}
	}
	if got := connect(t, n.netns, n.netns, "10.244.0.1"); got != "10.244.0.1" {
		t.Errorf("the node's own address answers from %s", got)
	}
	if got := connect(t, n.netns, n.netns, "127.0.0.1"); got != "127.0.0.1" {
		t.Errorf("lo answers from %s", got)
	}
	n.addPod("a")
	n.addPod("b")
	for range 2 {
		if err := n.command("node-down"); err != nil {
			t.Fatal(err)
		}
	}
	n.wantEmpty("lo")
	if err := inNetNS(n.netns, func() error { return checkNodeAddresses(n.parsed()) }); err == nil {
		t.Error("the node still has its address")
	}
}

func TestNodeDownLeavesAnotherClusterAlone(t *testing.T) {
	n := newNode(t)
	other := &node{t: t, netns: n.netns, conf: map[string]any{
		"cniVersion": "1.1.0", "name": "other", "type": "sandkube-cni",
		"linkPrefix": "sk1-", "subnet": "10.245.0.0/24", "gateway": "10.245.0.1", "dataDir": t.TempDir(),
	}}
	n.addPod("same-id")
	p := other.addPod("same-id")
	if err := n.command("node-down"); err != nil {
		t.Fatal(err)
	}
	if err := other.check(p); err != nil {
		t.Error(err)
	}
	if _, err := n.cni("GC", nil, map[string]any{"cni.dev/valid-attachments": []string{}}); err != nil {
		t.Fatal(err)
	}
	if err := other.check(p); err != nil {
		t.Error(err)
	}
}

func TestSomeoneElsesLinkIsNeverTaken(t *testing.T) {
	n := newNode(t)
	name := hostVethName(n.parsed(), owner{"a", "eth0"})
	inside(t, n.netns, func() error {
		return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}})
	})
	if _, err := n.add(n.newPod("a"), nil); err == nil {
		t.Error("ADD took over a link that is not ours")
	}
	if _, err := n.cni("GC", nil, map[string]any{"cni.dev/valid-attachments": []string{}}); err != nil {
		t.Error(err)
	}
	if err := n.command("node-down"); err != nil {
		t.Error(err)
	}
	n.wantEmpty("lo", name)
}

// The node dies with pods on it: their namespaces and links are gone, the data
// directory is still there.
func TestNodeUpForgetsTheDead(t *testing.T) {
	n := newNode(t)
	n.addPod("dead")
	n.netns = newNodeNetNS(t)
	if err := n.command("node-up"); err != nil {
		t.Fatal(err)
	}
	n.wantEmpty("lo")

	p := n.addPod("alive")
	if err := n.command("node-up"); err != nil {
		t.Fatal(err)
	}
	if err := n.check(p); err != nil {
		t.Errorf("node-up harmed a running pod: %v", err)
	}
}

func TestUnknownArgumentsAreRefused(t *testing.T) {
	n := newNode(t)
	if err := n.command("node-sideways"); err == nil {
		t.Error("accepted")
	}
}

// editLink applies a change to a link in the namespace that do runs in.
func editLink(name string, do func(func(ns.NetNS) error) error, change func(netlink.Link) error) error {
	return do(func(ns.NetNS) error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return change(link)
	})
}
