package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"

	"github.com/containernetworking/cni/pkg/types"
)

// config is the network configuration, as the runtime passes it on stdin.
type config struct {
	types.PluginConf
	// LinkPrefix begins the names of the node's ends of the pods' links, so that
	// two clusters on one machine never touch each other's.
	LinkPrefix string `json:"linkPrefix"`
	// Subnet is the IPv4 network of the pods; Gateway is the node's address in it,
	// to which pods send everything.
	Subnet  string `json:"subnet"`
	Gateway string `json:"gateway"`
	// Subnet6 and Gateway6 are the same for IPv6; both or neither.
	Subnet6  string `json:"subnet6,omitempty"`
	Gateway6 string `json:"gateway6,omitempty"`
	// MTU of the veth pairs; 0 leaves the kernel's own.
	MTU int `json:"mtu,omitempty"`
	// Loopback lists the addresses that node-up and node-addresses give lo, with
	// the lengths of their networks.
	Loopback []string `json:"loopback,omitempty"`
	// HostNetworkOnly refuses pods that want a network of their own: every pod of
	// this node is to have the machine's, and a runtime asks no plugin for those.
	HostNetworkOnly bool `json:"hostNetworkOnly,omitempty"`
	// DataDir holds leases/, hostports/, loopback/ and the lock.
	DataDir string `json:"dataDir"`
	// RuntimeConfig carries what the portMappings capability asks for.
	RuntimeConfig struct {
		PortMappings []portMapping `json:"portMappings,omitempty"`
	} `json:"runtimeConfig,omitempty"`

	networks []network
	loopback []netip.Prefix
}

// linkPrefixes leave room for the owner's hash within the 15 bytes of a name,
// and the one hyphen at the end keeps any of them from beginning another.
var linkPrefixes = regexp.MustCompile(`^[a-z0-9]{1,7}-$`)

// network is one address family of the configuration, IPv4 first.
type network struct {
	subnet  netip.Prefix
	gateway netip.Addr
}

// defaultRoute is the prefix that means "everywhere" in this family.
func (n network) defaultRoute() netip.Prefix {
	if n.gateway.Is4() {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
}

// parseConfig reads and validates a network configuration.
func parseConfig(data []byte) (*config, error) {
	conf := &config{}
	if err := json.Unmarshal(data, conf); err != nil {
		return nil, types.NewError(types.ErrDecodingFailure, "the network configuration is not valid JSON", err.Error())
	}
	if err := conf.validate(); err != nil {
		return nil, types.NewError(types.ErrInvalidNetworkConfig, "invalid network configuration: "+err.Error(), "")
	}
	return conf, nil
}

func (c *config) validate() error {
	if !linkPrefixes.MatchString(c.LinkPrefix) {
		return fmt.Errorf(`"linkPrefix" must be one to seven letters or digits and a hyphen, such as "sk0-", not %q`, c.LinkPrefix)
	}
	if !filepath.IsAbs(c.DataDir) {
		return fmt.Errorf(`"dataDir" must be an absolute path, not %q`, c.DataDir)
	}
	network4, err := parseNetwork("subnet", c.Subnet, "gateway", c.Gateway)
	if err != nil {
		return err
	}
	if !network4.gateway.Is4() {
		return fmt.Errorf(`"subnet" must be IPv4, not %q; give IPv6 as "subnet6" beside it`, c.Subnet)
	}
	c.networks = []network{network4}
	smallestMTU := 68 // RFC 791
	if c.Subnet6 != "" || c.Gateway6 != "" {
		network6, err := parseNetwork("subnet6", c.Subnet6, "gateway6", c.Gateway6)
		if err != nil {
			return err
		}
		if !network6.gateway.Is6() || network6.gateway.Is4In6() {
			return fmt.Errorf(`"subnet6" must be IPv6, not %q`, c.Subnet6)
		}
		c.networks = append(c.networks, network6)
		smallestMTU = 1280 // RFC 8200
	}
	c.loopback = nil
	for _, address := range c.Loopback {
		prefix, err := netip.ParsePrefix(address)
		if err != nil {
			return fmt.Errorf(`"loopback" must list addresses such as "10.96.0.0/16", not %q`, address)
		}
		c.loopback = append(c.loopback, prefix)
	}
	if c.MTU != 0 && (c.MTU < smallestMTU || c.MTU > 65535) {
		return fmt.Errorf(`"mtu" must be 0 (the kernel's own) or between %d and 65535, not %d`, smallestMTU, c.MTU)
	}
	return nil
}

func parseNetwork(subnetField, subnet, gatewayField, gateway string) (network, error) {
	prefix, err := netip.ParsePrefix(subnet)
	if err != nil {
		return network{}, fmt.Errorf("%q must be a CIDR, not %q", subnetField, subnet)
	}
	if prefix != prefix.Masked() {
		return network{}, fmt.Errorf("%q has host bits set: write %q instead of %q", subnetField, prefix.Masked(), subnet)
	}
	if prefix.Addr().BitLen()-prefix.Bits() < 2 {
		return network{}, fmt.Errorf("%q (%s) has no room for pods: use a larger network", subnetField, subnet)
	}
	address, err := netip.ParseAddr(gateway)
	if err != nil {
		return network{}, fmt.Errorf("%q must be an address, not %q", gatewayField, gateway)
	}
	result := network{subnet: prefix, gateway: address}
	if !prefix.Contains(address) || address == prefix.Addr() || address == lastAddress(prefix) {
		return network{}, fmt.Errorf("%q (%s) must be a host address inside %q (%s)", gatewayField, gateway, subnetField, subnet)
	}
	return result, nil
}

// lastAddress is the highest address of a prefix: the broadcast address in IPv4.
func lastAddress(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	address, _ := netip.AddrFromSlice(bytes)
	return address
}
