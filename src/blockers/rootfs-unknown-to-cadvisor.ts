import type { Blocker } from "../contract/blocker.ts";
import { stateFilesystem } from "../probes/state-filesystem.ts";
import { blocked, clear, judge } from "./judge.ts";

/** cAdvisor v0.56.2: fs/{btrfs,devicemapper,nfs,overlay,tmpfs,vfs,zfs}/plugin.go, CanHandle. */
const known = new Set([
  ...["btrfs", "devicemapper", "overlay", "tmpfs", "zfs"],
  ...["xfs", "squashfs", "f2fs", "jfs", "reiserfs", "hfs", "hfsplus"],
  ...["ntfs", "vfat", "fat", "msdos", "exfat", "udf", "iso9660"],
]);

/**
 * The kubelet asks cAdvisor for the size of the filesystem that holds its root
 * directory, and ends where cAdvisor has no plugin for it.
 */
export const rootfsUnknownToCadvisor: Blocker = {
  id: "rootfs-unknown-to-cadvisor",
  title: "A filesystem that cAdvisor does not know",
  needs: [stateFilesystem],
  stops: ["kubelet"],
  upstream: "https://github.com/google/cadvisor/blob/v0.56.2/fs/fs.go#L173",
  diagnose: (facts) =>
    judge(facts, stateFilesystem, ({ type, path }) =>
      known.has(type) || type.startsWith("ext") || type.startsWith("nfs")
        ? clear
        : blocked(`${path} is on ${type}; the kubelet would end with "failed to get rootfs info"`),
    ),
};
