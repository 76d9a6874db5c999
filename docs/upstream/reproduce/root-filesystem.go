// Mounts cgroups of version 1, of the controllers given, and asks cAdvisor for the root filesystem as the kubelet does.
package main

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/google/cadvisor/cache/memory"
	"github.com/google/cadvisor/container"
	_ "github.com/google/cadvisor/fs/overlay/install"
	_ "github.com/google/cadvisor/fs/tmpfs/install"
	_ "github.com/google/cadvisor/fs/vfs/install"
	v2 "github.com/google/cadvisor/info/v2"
	"github.com/google/cadvisor/manager"
	"github.com/google/cadvisor/utils/sysfs"
)

func main() {
	answer, err := rootFilesystem(os.Args[1:])
	if err != nil {
		fmt.Println("failed to get rootfs info:", err)
		os.Exit(1)
	}
	fmt.Println("rootfs info: mounted at", answer.Mountpoint)
}

func mountCgroups(controllers []string) error {
	const root = "/sys/fs/cgroup"
	if err := syscall.Mount("none", root, "tmpfs", 0, ""); err != nil {
		return err
	}
	for _, controller := range controllers {
		path := root + "/" + controller
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount("none", path, "cgroup", 0, controller); err != nil {
			return err
		}
	}
	return nil
}

func rootFilesystem(controllers []string) (v2.FsInfo, error) {
	if err := mountCgroups(controllers); err != nil {
		return v2.FsInfo{}, err
	}
	interval, dynamic := 15*time.Second, true
	housekeeping := manager.HousekeepingConfig{Interval: &interval, AllowDynamic: &dynamic}
	metrics := container.MetricSet{container.CpuUsageMetrics: {}, container.DiskUsageMetrics: {}}
	m, err := manager.New(memory.New(time.Minute, nil), sysfs.NewRealSysFs(), housekeeping, metrics,
		http.DefaultClient, []string{"/"}, nil, "", 0)
	if err != nil {
		return v2.FsInfo{}, err
	}
	if err := m.Start(); err != nil {
		return v2.FsInfo{}, err
	}
	// The kubelet has statistics of the root cgroup collected first, and ignores what comes of it.
	now := time.Duration(0)
	_, _ = m.GetContainerInfoV2("/", v2.RequestOptions{IdType: v2.TypeName, Count: 1, MaxAge: &now})
	return m.GetDirFsInfo("/")
}
