package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// owner is one attachment: what CNI calls a container ID with its interface.
type owner struct {
	ContainerID string `json:"containerID"`
	IfName      string `json:"ifname"`
}

// store is the plugin's memory in dataDir, locked for as long as it is open:
//
//	lock               flock of one running command at a time
//	leases/ADDRESS     one file per address, holding its owner
//	hostports/...json  one file per host port, holding its owner and target
//	loopback/PREFIX    one file per address that lo was given
//
// A record appears complete or not at all, so a crash at any instant leaves
// either no record or one whose owner DEL, GC and node-up can recognise.
type store struct {
	dir  string
	lock *os.File
}

// openStore creates dataDir if need be and waits for its lock. A command keeps
// the lock from its first look to its last change: commands take milliseconds,
// and then no one sees a lease or a veth half made.
func openStore(dataDir string) (*store, error) {
	for _, dir := range []string{leasesDir, hostPortsDir, loopbackDir} {
		if err := os.MkdirAll(filepath.Join(dataDir, dir), 0o755); err != nil {
			return nil, fmt.Errorf("create the data directory (check that %s is writable): %w", dataDir, err)
		}
	}
	lock, err := os.OpenFile(filepath.Join(dataDir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock (check that %s is writable): %w", dataDir, err)
	}
	for {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return &store{dir: dataDir, lock: lock}, nil
}

// close releases the lock; so does the end of the process, however it ends.
func (s *store) close() { s.lock.Close() }

// errDamaged is a record that cannot be decoded. This plugin never leaves one
// behind, a failing disk might.
var errDamaged = errors.New("damaged record; GC removes it")

// create writes a record that must not exist yet; it fails with fs.ErrExist.
// link(2) is what makes it atomic: it never replaces, and the file it names is
// already complete and on disk.
func (s *store) create(dir, name string, record any) error {
	data, err := json.Marshal(record)
	if err != nil {
		return err
	}
	// The lock is held, so one name is enough and a stale one is overwritten.
	draft := filepath.Join(s.dir, dir, ".draft")
	if err := writeSynced(draft, data); err != nil {
		return err
	}
	defer os.Remove(draft)
	if err := os.Link(draft, filepath.Join(s.dir, dir, name)); err != nil {
		return err
	}
	return syncDir(filepath.Join(s.dir, dir))
}

// names lists the records of a directory. Names that begin with a dot are the
// store's own.
func (s *store) names(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, dir))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// read decodes a record.
func (s *store) read(dir, name string, record any) error {
	path := filepath.Join(s.dir, dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, record); err != nil {
		return fmt.Errorf("%s: %w: %w", path, errDamaged, err)
	}
	return nil
}

// prune removes the leases and host ports whose owner is not to be kept. A
// damaged record is asked about as one of no owner.
func (s *store) prune(keep func(owner) bool) error {
	for _, dir := range []string{leasesDir, hostPortsDir} {
		names, err := s.names(dir)
		if err != nil {
			return err
		}
		removed := false
		for _, name := range names {
			var holder owner
			if err := s.read(dir, name, &holder); errors.Is(err, errDamaged) {
				holder = owner{}
			} else if err != nil {
				return err
			}
			if keep(holder) {
				continue
			}
			if err := os.Remove(filepath.Join(s.dir, dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			removed = true
		}
		if removed {
			if err := syncDir(filepath.Join(s.dir, dir)); err != nil {
				return err
			}
		}
	}
	return nil
}

// release removes everything that one owner holds.
func (s *store) release(leaver owner) error {
	return s.prune(func(holder owner) bool { return holder != leaver })
}

func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncDir makes the names in a directory durable, not only the files' contents.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
