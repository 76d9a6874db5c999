package main

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// hostVethPrefix begins the name of every host veth of one bridge, so that two
// clusters on one machine never touch each other's.
func hostVethPrefix(bridge string) string {
	return "sk" + shortHash(bridge)[:4] + "-"
}

// hostVethName is a function of bridge and owner alone, so DEL needs no state to
// find the veth. It fills the 15 bytes an interface name may have.
func hostVethName(bridge string, o owner) string {
	return hostVethPrefix(bridge) + shortHash(o.ContainerID + "/" + o.IfName)[:8]
}

// shortHash is a hash in letters and digits that interface names may hold.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// stableMAC derives a hardware address from an IPv4 address, as kubenet and OVN
// do. An address that passes to a new pod keeps its MAC, so no neighbour cache,
// on any kernel, goes on sending to the old one.
func stableMAC(address netip.Addr) net.HardwareAddr {
	octets := address.As4()
	return append(net.HardwareAddr{0x0a, 0x58}, octets[:]...)
}

// createVeth makes the pair: the host end on the bridge, the pod end created in
// the pod's namespace under its final name, so that it never needs to be moved
// or renamed.
func createVeth(conf *config, o owner, pod ns.NetNS, bridge netlink.Link, address netip.Addr) (netlink.Link, error) {
	name := hostVethName(conf.Bridge, o)
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	attributes.MTU = conf.MTU
	pair := &netlink.Veth{
		LinkAttrs:        attributes,
		PeerName:         o.IfName,
		PeerNamespace:    netlink.NsFd(pod.Fd()),
		PeerHardwareAddr: stableMAC(address),
		PeerMTU:          uint32(conf.MTU),
	}
	if err := netlink.LinkAdd(pair); err != nil {
		return nil, fmt.Errorf("create veth pair %s (host) and %s (pod; does it have an interface of that name?): %w", name, o.IfName, err)
	}
	host, err := netlinksafe.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("find %s, which was just created: %w", name, err)
	}
	if err := netlink.LinkSetMaster(host, bridge); err != nil {
		return nil, fmt.Errorf("attach %s to %s (is %s a bridge?): %w", name, conf.Bridge, conf.Bridge, err)
	}
	if err := netlink.LinkSetUp(host); err != nil {
		return nil, fmt.Errorf("set %s up: %w", name, err)
	}
	return host, nil
}

// deleteVeth removes the pair by its host end. Not being there is success.
func deleteVeth(name string) error {
	link, err := netlinksafe.LinkByName(name)
	if isLinkNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	return deleteLink(link)
}

// deletePodLink runs in the pod's namespace. CNI_NETNS may by now lead to a
// namespace that is no pod's, so only a link with a MAC address that createVeth
// gives is taken away.
func deletePodLink(conf *config, ifName string) error {
	link, err := netlinksafe.LinkByName(ifName)
	if isLinkNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find %s in the pod: %w", ifName, err)
	}
	if mac := link.Attrs().HardwareAddr; len(mac) != 6 || mac[0] != 0x0a || mac[1] != 0x58 ||
		!conf.networks[0].subnet.Contains(netip.AddrFrom4([4]byte(mac[2:]))) {
		return nil
	}
	return deleteLink(link)
}

// deleteLink tolerates that the link goes away by itself at this very moment, as
// a veth does while Linux destroys the namespace of its peer.
func deleteLink(link netlink.Link) error {
	if err := netlink.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("delete %s: %w", link.Attrs().Name, err)
	}
	return nil
}

// hostVeths lists the host veths of a bridge by name.
func hostVeths(bridge string) (map[string]bool, error) {
	links, err := netlinksafe.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list the links: %w", err)
	}
	names := map[string]bool{}
	for _, link := range links {
		if strings.HasPrefix(link.Attrs().Name, hostVethPrefix(bridge)) {
			names[link.Attrs().Name] = true
		}
	}
	return names, nil
}

// aliveOn tells whether an owner's host veth exists. Under the store's lock that
// is the same as "its ADD was completed and no DEL came since".
func aliveOn(bridge string, veths map[string]bool) func(owner) bool {
	return func(o owner) bool { return veths[hostVethName(bridge, o)] }
}

func isLinkNotFound(err error) bool {
	var notFound netlink.LinkNotFoundError
	return errors.As(err, &notFound)
}
