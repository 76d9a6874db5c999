package main

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	types100 "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
)

// errCheckFailed is this plugin's CNI error code for an attachment that is not
// as ADD left it.
const errCheckFailed uint = 102

// cmdCheck tells whether an attachment is still as ADD left it. It changes
// nothing.
func cmdCheck(args *skel.CmdArgs) error {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
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
	addresses, err := store.leased(o, conf.networks)
	if err != nil {
		return err
	}
	if len(addresses) < len(conf.networks) {
		return checkFailed(fmt.Errorf("%d of its %d addresses are leased to it", len(addresses), len(conf.networks)))
	}
	if err := comparePrevResult(conf, addresses); err != nil {
		return err
	}
	if err := checkHostPorts(conf, store, o, addresses); err != nil {
		return err
	}
	if err := checkAttachment(conf, o, pod, addresses); err != nil {
		return checkFailed(err)
	}
	return nil
}

// comparePrevResult tells whether the runtime's idea of the pod's addresses is
// ours. The spec makes prevResult a must for CHECK.
func comparePrevResult(conf *config, addresses []netip.Addr) error {
	if err := version.ParsePrevResult(&conf.PluginConf); err != nil {
		return types.NewError(types.ErrDecodingFailure, "cannot parse prevResult", err.Error())
	}
	if conf.PrevResult == nil {
		return types.NewError(types.ErrInvalidNetworkConfig, "CHECK needs prevResult, the result of ADD", "")
	}
	result, err := types100.NewResultFromResult(conf.PrevResult)
	if err != nil {
		return types.NewError(types.ErrDecodingFailure, "cannot convert prevResult", err.Error())
	}
	for _, address := range addresses {
		found := false
		for _, config := range result.IPs {
			found = found || config.Address.IP.Equal(net.IP(address.AsSlice()))
		}
		if !found {
			return checkFailed(fmt.Errorf("prevResult does not have its leased address %s", address))
		}
	}
	return nil
}

func checkHostPorts(conf *config, store *store, o owner, addresses []netip.Addr) error {
	plan, err := planHostPorts(o, conf.RuntimeConfig.PortMappings, addresses)
	if err != nil {
		return err
	}
	claims, err := store.hostPorts()
	if err != nil {
		return err
	}
	held := map[hostPort]bool{}
	for _, claim := range claims {
		held[claim] = true
	}
	for _, wanted := range plan {
		if !held[wanted] {
			return checkFailed(fmt.Errorf("host port %s/%d on %s is not recorded for it", wanted.Protocol, wanted.HostPort, wanted.HostIP))
		}
	}
	return nil
}

func checkFailed(why error) error {
	return types.NewError(errCheckFailed, "the pod is not connected as ADD left it: "+why.Error(), "recreate the pod")
}
