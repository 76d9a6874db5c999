package main

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containernetworking/cni/pkg/types"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestAddTwiceKeepsTheAttachment(t *testing.T) {
	n := newNode(t)
	p := n.addPod("a")
	first := p.result
	n.mustAdd(p)
	before, _ := json.Marshal(first)
	after, _ := json.Marshal(p.result)
	if string(before) != string(after) {
		t.Errorf("the second ADD gave\n%s\nafter\n%s", after, before)
	}
}

func TestDelRemovesEverythingAndMayBeRepeated(t *testing.T) {
	n := newNode(t)
	p, other := n.addPod("a"), n.addPod("b")
	for range 2 {
		if _, err := n.cni("DEL", p, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := links(t, p.netns); !equal(got, []string{"lo"}) {
		t.Errorf("left in the pod: %v", got)
	}
	if err := n.check(other); err != nil {
		t.Errorf("DEL of one pod touched another: %v", err)
	}
	if _, err := n.cni("DEL", other, nil); err != nil {
		t.Fatal(err)
	}
	n.wantEmpty("lo")
}

func TestDelWithoutANamespace(t *testing.T) {
	n := newNode(t)
	p := n.addPod("a")
	p.netns.Close()
	p.path = filepath.Join(t.TempDir(), "gone")
	if _, err := n.cni("DEL", p, nil); err != nil {
		t.Errorf("the namespace is gone: %v", err)
	}
	n.wantEmpty("lo")

	// An empty CNI_NETNS while the namespace, and so the veth, still exist.
	p = n.addPod("b")
	p.path = ""
	if _, err := n.cni("DEL", p, nil); err != nil {
		t.Errorf("empty CNI_NETNS: %v", err)
	}
	n.wantEmpty("lo")
}

func TestAForeignInterfaceInThePodIsNeverTaken(t *testing.T) {
	n := newNode(t)
	p := n.newPod("a")
	inside(t, p.netns, func() error {
		return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}})
	})
	if _, err := n.add(p, nil); err == nil {
		t.Error("ADD took over an interface that is not ours")
	}
	if _, err := n.cni("DEL", p, nil); err != nil {
		t.Error(err)
	}
	if got := links(t, p.netns); !equal(got, []string{"eth0", "lo"}) {
		t.Errorf("links in the pod: %v", got)
	}
	n.wantEmpty("lo")
}

func TestTheNodesOwnNamespaceIsNoPod(t *testing.T) {
	n := newNode(t)
	p := &pod{id: "a", path: netnsPath(n.netns)}
	_, err := n.add(p, nil)
	wantCode(t, err, types.ErrInvalidNetNS)
	n.wantEmpty("lo")
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name, want string
		harm       func(n *node, p *pod) error
	}{
		{"address gone", "does not have the address", func(n *node, p *pod) error {
			return editLink("eth0", p.netns.Do, func(link netlink.Link) error {
				addresses, err := netlink.AddrList(link, netlink.FAMILY_V4)
				if err != nil {
					return err
				}
				return netlink.AddrDel(link, &addresses[0]) // gVisor refuses it because of IFA_BROADCAST
			})
		}},
		{"route gone", "no route to 0.0.0.0/0 via 10.244.0.1", func(n *node, p *pod) error {
			return editLink("eth0", p.netns.Do, func(link netlink.Link) error {
				return netlink.RouteDel(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: nil, Gw: p.result.IPs[0].Gateway})
			})
		}},
		{"the node's route gone", "no route to 10.244.0.2/32", func(n *node, p *pod) error {
			return editLink(hostVethName(n.parsed(), owner{p.id, "eth0"}), n.netns.Do, func(link netlink.Link) error {
				return netlink.RouteDel(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: toIPNet(alone(netip.MustParseAddr(p.address()))), Scope: netlink.SCOPE_LINK})
			})
		}},
		{"the node's address gone", "lo does not have the address 10.244.0.1/32", func(n *node, p *pod) error {
			return inNetNS(n.netns, func() error { return removeNodeAddresses(n.parsed()) })
		}},
		{"veth gone", "find the host veth", func(n *node, p *pod) error {
			return editLink("eth0", p.netns.Do, netlink.LinkDel)
		}},
		{"lease gone", "addresses are leased", func(n *node, p *pod) error {
			return os.Remove(filepath.Join(n.conf["dataDir"].(string), leasesDir, p.address()))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNode(t)
			p := n.addPod("a")
			if err := n.check(p); err != nil {
				t.Fatalf("before the harm: %v", err)
			}
			if err := test.harm(n, p); errors.Is(err, unix.EOPNOTSUPP) {
				t.Skip("this kernel cannot do this harm")
			} else if err != nil {
				t.Fatal(err)
			}
			err := n.check(p)
			wantCode(t, err, errCheckFailed)
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q does not say %q", err, test.want)
			}
			// The remedy is always the same.
			n.mustAdd(p)
			if err := n.check(p); err != nil {
				t.Errorf("after ADD: %v", err)
			}
		})
	}
}

func TestOlderSpecVersions(t *testing.T) {
	for _, version := range []string{"0.4.0", "1.0.0"} {
		t.Run(version, func(t *testing.T) {
			n := newNode(t)
			n.conf["cniVersion"] = version
			p := n.newPod("a")
			out, err := n.cni("ADD", p, nil)
			if err != nil {
				t.Fatal(err)
			}
			var result map[string]any
			if err := json.Unmarshal(out, &result); err != nil || result["cniVersion"] != version {
				t.Fatalf("result %s: %v", out, err)
			}
			if _, err := n.cni("CHECK", p, map[string]any{"prevResult": result}); err != nil {
				t.Error(err)
			}
			if _, err := n.cni("DEL", p, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	n := newNode(t)
	if _, err := n.cni("STATUS", nil, nil); err != nil {
		t.Errorf("before the first ADD: %v", err)
	}
	n.addPod("a")
	if _, err := n.cni("STATUS", nil, nil); err != nil {
		t.Errorf("with a pod: %v", err)
	}
	_, err := n.cni("STATUS", nil, map[string]any{"dataDir": "/proc/no-directory-here"})
	wantCode(t, err, errNotAvailable)
}

func TestHostNetworkOnlyIsAvailableAndRefusesPods(t *testing.T) {
	n := newNode(t)
	only := map[string]any{"hostNetworkOnly": true}
	if _, err := n.cni("STATUS", nil, only); err != nil {
		t.Error(err)
	}
	_, err := n.cni("ADD", n.newPod("a"), only)
	wantCode(t, err, types.ErrInvalidNetworkConfig)
}

func TestGCKeepsOnlyWhatIsValid(t *testing.T) {
	n := newNode(t)
	kept, gone := n.addPod("kept"), n.addPod("gone")
	valid := []map[string]string{{"containerID": "kept", "ifname": "eth0"}}
	for range 2 {
		if _, err := n.cni("GC", nil, map[string]any{"cni.dev/valid-attachments": valid}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.check(kept); err != nil {
		t.Error(err)
	}
	if got := n.records(leasesDir); !equal(got, []string{kept.address()}) {
		t.Errorf("leases: %v", got)
	}
	if got := links(t, n.netns); !equal(got, []string{"lo", hostVethName(n.parsed(), owner{"kept", "eth0"})}) {
		t.Errorf("links on the node: %v", got)
	}
	if got := links(t, gone.netns); !equal(got, []string{"lo"}) {
		t.Errorf("left in the pod: %v", got)
	}

	_, err := n.cni("GC", nil, nil)
	wantCode(t, err, types.ErrInvalidNetworkConfig)
	if err := n.check(kept); err != nil {
		t.Errorf("GC without a list disconnected a pod: %v", err)
	}
	if _, err := n.cni("GC", nil, map[string]any{"cni.dev/valid-attachments": []string{}}); err != nil {
		t.Fatal(err)
	}
	n.wantEmpty("lo")
}
