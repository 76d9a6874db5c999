package main

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/containernetworking/cni/pkg/types"
)

const hostPortsDir = "hostports"

// errHostPortTaken is this plugin's CNI error code for a host port that another
// pod already holds.
const errHostPortTaken uint = 101

// portMapping is one entry of the portMappings capability.
// https://github.com/containernetworking/cni/blob/main/CONVENTIONS.md
type portMapping struct {
	HostPort      int    `json:"hostPort"`
	ContainerPort int    `json:"containerPort"`
	Protocol      string `json:"protocol"`
	HostIP        string `json:"hostIP"`
}

// hostPort is a record in dataDir/hostports. The plugin only claims the port:
// netfilter in gVisor has neither MASQUERADE nor the comment match, so the stock portmap plugin
// cannot work there. Whoever forwards (sandkube's service relay) watches the
// directory: a file that appears means "listen on hostIP:hostPort and forward to
// containerIP:containerPort", a file that goes away means "stop". Files appear
// complete; names that begin with a dot are to be ignored. hostIP "0.0.0.0" or
// "::" means every address of that family, and each record has one family only.
type hostPort struct {
	owner
	HostPort      uint16     `json:"hostPort"`
	HostIP        netip.Addr `json:"hostIP"`
	Protocol      string     `json:"protocol"`
	ContainerIP   netip.Addr `json:"containerIP"`
	ContainerPort uint16     `json:"containerPort"`
}

// fileName is the same for the same claim, so that the file system itself
// refuses a second one.
func (p hostPort) fileName() string {
	return fmt.Sprintf("%s-%d-%s.json", p.Protocol, p.HostPort, p.HostIP)
}

// clashes tells whether two claims cannot both be listened on, by the rule of
// the Kubernetes scheduler: same port and protocol, and the same host address or
// one that stands for all.
func (p hostPort) clashes(other hostPort) bool {
	sameAddress := p.HostIP == other.HostIP || p.HostIP.IsUnspecified() || other.HostIP.IsUnspecified()
	return p.HostPort == other.HostPort && p.Protocol == other.Protocol &&
		p.HostIP.Is4() == other.HostIP.Is4() && sameAddress
}

// planHostPorts turns the runtime's port mappings into records: an empty hostIP
// means every address of each family that the pod has.
func planHostPorts(holder owner, mappings []portMapping, addresses []netip.Addr) ([]hostPort, error) {
	var plan []hostPort
	for _, mapping := range mappings {
		if mapping.HostPort == 0 {
			continue // the pod declares the port but asks for no host port
		}
		if mapping.HostPort < 0 || mapping.HostPort > 65535 || mapping.ContainerPort < 1 || mapping.ContainerPort > 65535 {
			return nil, invalidMapping(mapping, "ports must be between 1 and 65535")
		}
		protocol := strings.ToLower(mapping.Protocol)
		if protocol == "" {
			protocol = "tcp"
		}
		if protocol != "tcp" && protocol != "udp" {
			return nil, invalidMapping(mapping, "only tcp and udp host ports are supported")
		}
		var hostIP netip.Addr
		if mapping.HostIP != "" {
			var err error
			if hostIP, err = netip.ParseAddr(mapping.HostIP); err != nil {
				return nil, invalidMapping(mapping, "hostIP is not an address")
			}
			hostIP = hostIP.Unmap()
		}
		planned := len(plan)
		for _, address := range addresses {
			record := hostPort{owner: holder, HostPort: uint16(mapping.HostPort), HostIP: hostIP, Protocol: protocol,
				ContainerIP: address, ContainerPort: uint16(mapping.ContainerPort)}
			if !hostIP.IsValid() {
				record.HostIP = unspecified(address)
			}
			if record.HostIP.Is4() == address.Is4() {
				plan = append(plan, record)
			}
		}
		if len(plan) == planned {
			return nil, invalidMapping(mapping, "the pod has no address of the hostIP's family; set subnet6 and gateway6 for IPv6")
		}
	}
	return plan, nil
}

// claimHostPorts records the plan. What the same owner already holds is kept as
// it is; a port that another owner holds is an error and nothing is recorded.
func (s *store) claimHostPorts(plan []hostPort) error {
	held, err := s.hostPorts()
	if err != nil {
		return err
	}
	var missing []hostPort
	for _, wanted := range plan {
		found := false
		for _, other := range held {
			if wanted == other {
				found = true
			} else if wanted.clashes(other) {
				return types.NewError(errHostPortTaken,
					fmt.Sprintf("host port %s/%d on %s is already claimed by container %s on %s", wanted.Protocol, wanted.HostPort, wanted.HostIP, other.ContainerID, other.HostIP),
					"delete that pod or choose another hostPort or hostIP")
			}
		}
		if !found {
			missing = append(missing, wanted)
			held = append(held, wanted)
		}
	}
	for _, wanted := range missing {
		if err := s.create(hostPortsDir, wanted.fileName(), wanted); err != nil {
			return fmt.Errorf("record host port %s: %w", wanted.fileName(), err)
		}
	}
	return nil
}

// hostPorts reads every readable claim; a damaged one is GC's business.
func (s *store) hostPorts() ([]hostPort, error) {
	names, err := s.names(hostPortsDir)
	if err != nil {
		return nil, err
	}
	var claims []hostPort
	for _, name := range names {
		var claim hostPort
		if err := s.read(hostPortsDir, name, &claim); err == nil {
			claims = append(claims, claim)
		}
	}
	return claims, nil
}

func unspecified(address netip.Addr) netip.Addr {
	if address.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

func invalidMapping(mapping portMapping, why string) error {
	return types.NewError(types.ErrInvalidNetworkConfig,
		fmt.Sprintf("cannot map host port %d (%s, hostIP %q) to container port %d: %s", mapping.HostPort, mapping.Protocol, mapping.HostIP, mapping.ContainerPort, why), "")
}
