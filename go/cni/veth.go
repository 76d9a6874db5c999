package main

import (
	"bytes"
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

// hostVethName is a function of prefix and owner alone, so DEL needs no state to
// find the veth. It fills the 15 bytes an interface name may have.
func hostVethName(conf *config, o owner) string {
	return conf.LinkPrefix + shortHash(o.ContainerID + "/" + o.IfName)[:15-len(conf.LinkPrefix)]
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

// hostMAC is the hardware address of every host veth: the gateway of every pod
// looks the same, and a host veth is told from a foreign link of its name.
func hostMAC(conf *config) net.HardwareAddr { return stableMAC(conf.networks[0].gateway) }

// createVeth makes the pair, the pod end in the pod's namespace under its final
// name, so that it never needs to be moved or renamed.
//
// There is no bridge: gVisor's hands every frame to the node's IP layer too,
// which passes it on a second time (docs/adr/0007-routed-pod-links.md).
func createVeth(conf *config, o owner, pod ns.NetNS, address netip.Addr) (netlink.Link, error) {
	name := hostVethName(conf, o)
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	attributes.MTU = conf.MTU
	attributes.HardwareAddr = hostMAC(conf)
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
	host, err := findHostVeth(conf, name)
	if err != nil {
		return nil, fmt.Errorf("find %s, which was just created: %w", name, err)
	}
	return host, nil
}

// configureHostVeth gives the host end the node's addresses, since gVisor
// answers neighbour requests only for the addresses of the link they come by,
// and leads the pod's addresses to it.
func configureHostVeth(conf *config, host netlink.Link, addresses []netip.Addr) error {
	allowIPv6(conf, host.Attrs().Name)
	if err := netlink.LinkSetUp(host); err != nil {
		return fmt.Errorf("set %s up: %w", host.Attrs().Name, err)
	}
	for i, n := range conf.networks {
		if err := ensureAddress(host, alone(n.gateway)); err != nil {
			return err
		}
		if err := (route{to: alone(addresses[i])}).add(host); err != nil {
			return err
		}
	}
	return nil
}

// errForeignLink is a link that has the name of a host veth and is none of ours.
var errForeignLink = errors.New("the link was not made by sandkube for this cluster")

// findHostVeth returns a host veth, or an error that isLinkNotFound knows.
func findHostVeth(conf *config, name string) (netlink.Link, error) {
	link, err := netlinksafe.LinkByName(name)
	if err != nil {
		return nil, err
	}
	if !isHostVeth(conf, link) {
		return nil, fmt.Errorf("%s: %w", name, errForeignLink)
	}
	return link, nil
}

func isHostVeth(conf *config, link netlink.Link) bool {
	return strings.HasPrefix(link.Attrs().Name, conf.LinkPrefix) && bytes.Equal(link.Attrs().HardwareAddr, hostMAC(conf))
}

// deleteHostVeth removes the pair by its host end. Not being there is success.
func deleteHostVeth(conf *config, name string) error {
	link, err := findHostVeth(conf, name)
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

// hostVeths lists the host veths by name.
func hostVeths(conf *config) (map[string]bool, error) {
	links, err := netlinksafe.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list the links: %w", err)
	}
	names := map[string]bool{}
	for _, link := range links {
		if isHostVeth(conf, link) {
			names[link.Attrs().Name] = true
		}
	}
	return names, nil
}

// aliveAmong tells whether an owner's host veth exists. Under the store's lock
// that is the same as "its ADD was completed and no DEL came since".
func aliveAmong(conf *config, veths map[string]bool) func(owner) bool {
	return func(o owner) bool { return veths[hostVethName(conf, o)] }
}

// isLinkNotFound tells whether there is no link of ours; a foreign one of its
// name is left alone.
func isLinkNotFound(err error) bool {
	var notFound netlink.LinkNotFoundError
	return errors.As(err, &notFound) || errors.Is(err, errForeignLink)
}
