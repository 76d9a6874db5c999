// Command sandkube-cni connects pods to the node: a CNI plugin (ADD, DEL,
// CHECK, GC, STATUS) made of routed veth pairs and file leases: the node is the
// gateway of every pod, over a link of its own.
//
// It exists because the stock bridge plugin asks the kernel for link details
// that gVisor does not return (IFLA_LINKINFO) and gives up. This plugin asks
// only for what every kernel answers, so the same code runs on plain Linux and
// in every gVisor version measured.
//
// The network configuration (subnet6, gateway6 and mtu may be left out):
//
//	{
//	  "cniVersion": "1.1.0", "name": "sandkube", "type": "sandkube-cni",
//	  "linkPrefix": "sk0-", "mtu": 1500,
//	  "subnet": "10.244.0.0/24", "gateway": "10.244.0.1",
//	  "subnet6": "fd00:244::/64", "gateway6": "fd00:244::1",
//	  "dataDir": "/var/lib/sandkube/cni",
//	  "capabilities": {"portMappings": true}
//	}
//
// It never changes forwarding or packet filters. Pods reach each other and the
// outside only where the node passes packets on, which is someone else's to give.
//
// Three more commands set the node up without the `ip` program; all read the
// same network configuration on stdin and may be repeated. Its "loopback" lists
// addresses for lo, such as "10.96.0.0/16" for a whole network of services:
//
//	sandkube-cni node-up        < config.json
//	sandkube-cni node-addresses < config.json   (changes lo's addresses only)
//	sandkube-cni node-down      < config.json
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/version"
)

func main() {
	if len(os.Args) == 1 {
		skel.PluginMainFuncs(skel.CNIFuncs{
			Add:    cmdAdd,
			Del:    cmdDel,
			Check:  cmdCheck,
			GC:     cmdGC,
			Status: cmdStatus,
		}, version.PluginSupports("0.4.0", "1.0.0", "1.1.0"), "sandkube-cni: routed pod network for sandkube")
		return
	}
	if err := runNodeCommand(os.Args[1:], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "sandkube-cni:", err)
		os.Exit(1)
	}
}

// runNodeCommand runs node-up, node-addresses or node-down, which are not part of the CNI
// protocol and so are asked for by argument, never by CNI_COMMAND.
func runNodeCommand(args []string, stdin io.Reader) error {
	commands := map[string]func(*config) error{"node-up": nodeUp, "node-addresses": nodeAddresses, "node-down": nodeDown}
	command, known := commands[args[0]]
	if !known || len(args) > 1 {
		return fmt.Errorf("unknown arguments %q: use `node-up`, `node-addresses` or `node-down` with the network configuration on stdin, or no argument with the CNI_* environment", args)
	}
	data, err := io.ReadAll(stdin)
	if err != nil {
		return fmt.Errorf("read the network configuration from stdin: %w", err)
	}
	conf, err := parseConfig(data)
	if err != nil {
		return err
	}
	return command(conf)
}
