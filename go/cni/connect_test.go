package main

import (
	"net"
	"testing"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

func TestPodsReachEachOtherAndTheNodeWithTheirOwnAddresses(t *testing.T) {
	n := newNode(t)
	a, b := n.addPod("a"), n.addPod("b")
	for _, route := range []struct {
		from, to       ns.NetNS
		target, source string
	}{
		{a.netns, b.netns, b.address(), a.address()},
		{b.netns, a.netns, a.address(), b.address()},
		{a.netns, a.netns, a.address(), a.address()},
		{a.netns, n.netns, "10.244.0.1", a.address()},
		{n.netns, b.netns, b.address(), "10.244.0.1"},
		{a.netns, a.netns, "127.0.0.1", "127.0.0.1"},
	} {
		if got := connect(t, route.from, route.to, route.target); got != route.source {
			t.Errorf("%s saw %s, want %s", route.target, got, route.source)
		}
	}
}

// A service address is one of lo's, whether the service prefix is there address
// by address or as a whole.
func TestPodsReachAddressesOfTheNodesLoopback(t *testing.T) {
	n := newNode(t)
	if err := n.command("node-up"); err != nil {
		t.Fatal(err)
	}
	p := n.addPod("a")
	inside(t, n.netns, func() error {
		return editLink("lo", n.netns.Do, func(lo netlink.Link) error {
			_, whole, _ := net.ParseCIDR("10.96.0.0/16")
			return netlink.AddrAdd(lo, &netlink.Addr{IPNet: whole})
		})
	})
	if got := connect(t, p.netns, n.netns, "10.96.3.4"); got != p.address() {
		t.Errorf("10.96.3.4 saw %s, want %s", got, p.address())
	}
}

func TestDefaultRouteNamesItsLink(t *testing.T) {
	n := newNode(t)
	p := n.addPod("a")
	inside(t, p.netns, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
		found := false
		for _, route := range routes {
			if route.Gw.Equal(net.ParseIP("10.244.0.1")) {
				found = true
				if route.LinkIndex != link.Attrs().Index {
					t.Errorf("the default route's link is %d, want eth0 (%d)", route.LinkIndex, link.Attrs().Index)
				}
			}
		}
		if !found {
			t.Errorf("no route via the gateway among %v", routes)
		}
		return err
	})
}

func TestResultDescribesTheAttachment(t *testing.T) {
	n := newNode(t)
	n.conf["mtu"] = 1400
	n.conf["dns"] = map[string]any{"nameservers": []string{"10.96.0.10"}}
	p := n.addPod("a")
	result := p.result
	if result.CNIVersion != "1.1.0" || len(result.Interfaces) != 2 || len(result.IPs) != 1 || len(result.Routes) != 2 {
		t.Fatalf("unexpected result: %v", result)
	}
	address := result.IPs[0]
	if address.Address.String() != "10.244.0.2/32" || address.Gateway.String() != "10.244.0.1" || *address.Interface != 1 {
		t.Errorf("unexpected address: %v", address)
	}
	if inPod := result.Interfaces[1]; inPod.Name != "eth0" || inPod.Sandbox != p.path {
		t.Errorf("unexpected pod interface: %v", inPod)
	}
	if route := result.Routes[0]; route.Dst.String() != "10.244.0.1/32" || route.GW != nil {
		t.Errorf("unexpected route: %v", route)
	}
	if route := result.Routes[1]; route.Dst.String() != "0.0.0.0/0" || route.GW.String() != "10.244.0.1" {
		t.Errorf("unexpected route: %v", route)
	}
	if len(result.DNS.Nameservers) != 1 {
		t.Errorf("dns is not passed through: %v", result.DNS)
	}
	inside(t, p.netns, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		// gVisor takes the Ethernet header off the MTU it reports.
		if mtu := link.Attrs().MTU; mtu != 1400 && mtu != 1400-14 {
			t.Errorf("eth0 has MTU %d", mtu)
		}
		if mac := link.Attrs().HardwareAddr.String(); mac != result.Interfaces[1].Mac {
			t.Errorf("eth0 has MAC %s, the result says %s", mac, result.Interfaces[1].Mac)
		}
		return nil
	})
}

func TestDualStack(t *testing.T) {
	n := newNode(t)
	n.conf["subnet6"], n.conf["gateway6"] = "fd00:244::/64", "fd00:244::1"
	a, b := n.addPod("a"), n.addPod("b")
	if len(b.result.IPs) != 2 || b.result.IPs[1].Address.String() != "fd00:244::3/128" {
		t.Fatalf("unexpected addresses: %v", b.result.IPs)
	}
	if got := connect(t, a.netns, b.netns, "fd00:244::3"); got != "fd00:244::2" {
		t.Errorf("b saw %s", got)
	}
	if got := connect(t, n.netns, b.netns, "fd00:244::3"); got != "fd00:244::1" {
		t.Errorf("b saw the node as %s", got)
	}
	if got := connect(t, a.netns, n.netns, "fd00:244::1"); got != "fd00:244::2" {
		t.Errorf("the node saw %s", got)
	}
	if err := n.check(a); err != nil {
		t.Error(err)
	}
}

// A pod that takes over an address must be reached at once by those who still
// have its predecessor in their neighbour tables.
func TestAddressPassesToANewPodWithoutDelay(t *testing.T) {
	n := newNode(t)
	n.conf["subnet"] = "10.244.0.0/29"
	client := n.addPod("client")
	for i := range 12 { // five addresses are free, so each is used more than once
		p := n.addPod(string(rune('a' + i)))
		if got := connect(t, client.netns, p.netns, p.address()); got != client.address() {
			t.Errorf("pod %d saw %s", i, got)
		}
		if _, err := n.cni("DEL", p, nil); err != nil {
			t.Fatal(err)
		}
	}
}
