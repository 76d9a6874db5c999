import * as z from "zod";
import type { Files } from "../contract/host.ts";
import type { Observation } from "../contract/observation.ts";
import { existingAncestor } from "./existing-ancestor.ts";
import { exhibit, measured } from "./fact-probe.ts";
import { mountOf, parseMountInfo } from "./mount-table.ts";

/** What is known of the filesystem that holds a path. */
export const filesystemSchema = z.object({
  /** The directory that was looked at: the one asked for, or the nearest above it that exists. */
  path: z.string(),
  /** statfs's magic number, in hex. */
  magic: z.string(),
  /** The name that the mount table gives, which is the one that programs go by. */
  type: z.string(),
  totalBytes: z.number(),
  freeBytes: z.number(),
});

/** What is known of the filesystem that holds a path. */
export type Filesystem = z.infer<typeof filesystemSchema>;

/** Names for statfs's magic numbers where the mount table has no entry (linux/magic.h). */
const namesByMagic: Readonly<Record<string, string>> = {
  "0x1021997": "9p",
  "0x1021994": "tmpfs",
  "0x794c7630": "overlay",
  "0xef53": "ext4",
  "0x58465342": "xfs",
  "0x9123683e": "btrfs",
  "0x2fc12fc1": "zfs",
  "0x6969": "nfs",
  "0x65735546": "fuse",
};

/** Measures the filesystem that holds a path. */
export async function measureFilesystem(files: Files, path: string): Promise<Observation<Filesystem>> {
  const directory = await existingAncestor(files, path);
  const [status, mountInfo] = await Promise.all([
    files.fileSystem(directory),
    files.readTextIfPresent("/proc/self/mountinfo"),
  ]);
  const magic = `0x${status.magic.toString(16)}`;
  const mount = mountOf(directory, parseMountInfo(mountInfo ?? ""));
  const line = mountInfo?.split("\n").find((candidate) => candidate.split(" ")[4] === mount?.path) ?? "";
  return measured(
    {
      path: directory,
      magic,
      type: mount?.type ?? namesByMagic[magic] ?? "unknown",
      totalBytes: status.totalBytes,
      freeBytes: status.freeBytes,
    },
    [exhibit(`statfs ${directory}`, `type ${magic}`), exhibit("/proc/self/mountinfo", line)],
  );
}
