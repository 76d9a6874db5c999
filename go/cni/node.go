package main

import "errors"

// nodeUp makes the node ready for pods: lo up and holding the node's addresses,
// and no lease left of pods that died with an earlier node.
func nodeUp(conf *config) error {
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()
	if err := bringLoopbackUp(); err != nil {
		return err
	}
	if err := ensureNodeAddresses(conf); err != nil {
		return err
	}
	if err := setLoopback(store, conf.loopback); err != nil {
		return err
	}
	veths, err := hostVeths(conf)
	if err != nil {
		return err
	}
	return store.prune(aliveAmong(conf, veths))
}

// nodeAddresses gives lo the addresses of the configuration, and no others
// besides the node's own.
func nodeAddresses(conf *config) error {
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()
	return setLoopback(store, conf.loopback)
}

// nodeDown removes every address that lo was given, every host veth, and what they held.
func nodeDown(conf *config) error {
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()
	veths, err := hostVeths(conf)
	if err != nil {
		return err
	}
	failures := []error{setLoopback(store, nil)}
	for name := range veths {
		failures = append(failures, deleteHostVeth(conf, name))
	}
	failures = append(failures, removeNodeAddresses(conf))
	failures = append(failures, store.prune(func(owner) bool { return false }))
	return errors.Join(failures...)
}
