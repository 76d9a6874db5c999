package main

import (
	"errors"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	types100 "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/plugins/pkg/ns"
)

// cmdAdd connects a pod. The order is lease, host ports, veth: whatever a crash
// in between leaves behind is recorded under its owner before it exists.
func cmdAdd(args *skel.CmdArgs) error {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	if conf.HostNetworkOnly {
		return types.NewError(types.ErrInvalidNetworkConfig, "pods of this node share the machine's network", "give the pod hostNetwork: true; the policy pods-share-the-machine-network.sandkube.dev does it for pods that are created while it is there")
	}
	pod, err := openPodNetNS(args.Netns)
	if err != nil {
		return err
	}
	defer pod.Close()
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()

	o := owner{ContainerID: args.ContainerID, IfName: args.IfName}
	result, err := add(conf, store, o, pod, args.Netns)
	if err != nil {
		// Runtimes follow a failed ADD with DEL, but the spec wants nothing left
		// even if they do not.
		if undo := errors.Join(detach(conf, o, pod), store.release(o)); undo != nil {
			return errors.Join(err, undo)
		}
		return err
	}
	return types.PrintResult(result, conf.CNIVersion)
}

func add(conf *config, store *store, o owner, pod ns.NetNS, netnsPath string) (*types100.Result, error) {
	veths, err := hostVeths(conf)
	if err != nil {
		return nil, err
	}
	addresses, err := store.lease(o, conf.networks, aliveAmong(conf, veths))
	if err != nil {
		return nil, err
	}
	plan, err := planHostPorts(o, conf.RuntimeConfig.PortMappings, addresses)
	if err != nil {
		return nil, err
	}
	if err := store.claimHostPorts(plan); err != nil {
		return nil, err
	}
	hostLink, podLink, err := attach(conf, o, pod, addresses)
	if err != nil {
		return nil, err
	}

	result := &types100.Result{
		CNIVersion: types100.ImplementedSpecVersion,
		Interfaces: []*types100.Interface{
			{Name: hostLink.Attrs().Name, Mac: hostLink.Attrs().HardwareAddr.String()},
			{Name: o.IfName, Mac: podLink.Attrs().HardwareAddr.String(), Sandbox: netnsPath},
		},
		DNS: conf.DNS,
	}
	for i, n := range conf.networks {
		result.IPs = append(result.IPs, &types100.IPConfig{Interface: types100.Int(1), Address: *toIPNet(alone(addresses[i])), Gateway: n.gateway.AsSlice()})
		for _, r := range podRoutes(n) {
			result.Routes = append(result.Routes, &types.Route{Dst: *toIPNet(r.to), GW: r.via.AsSlice()})
		}
	}
	return result, nil
}
