import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import type { FileStatus, Host, ProcessIdentity } from "../contract/host.ts";
import { makeCgroups, removeCgroups } from "./pod-cgroups.ts";

const spec = testSpec("/state");

/** A cgroup filesystem in memory: directories only, and rmdir refuses one that has another in it. */
class CgroupFiles {
  readonly directories: Set<string>;
  readonly readOnly: string | undefined;
  /** What runs in a cgroup, which cannot be removed then. */
  readonly members = new Map<string, number>();
  /** A process that no signal ends. */
  immortal: number | undefined;

  constructor(directories: readonly string[], readOnly?: string) {
    this.directories = new Set(directories);
    this.readOnly = readOnly;
  }

  host(): Host {
    let now = 0;
    return {
      files: this,
      clock: {
        monotonic: () => now,
        sleep: (milliseconds: number) => {
          now += milliseconds;
          return Promise.resolve();
        },
      },
      processes: {
        status: (pid: number) => Promise.resolve({ pid, startTicks: 1, zombie: false }),
        signal: ({ pid }: ProcessIdentity) => {
          if (pid === this.immortal) return Promise.resolve(true);
          for (const [path, member] of this.members) if (member === pid) this.members.delete(path);
          return Promise.resolve(true);
        },
      },
    } as unknown as Host;
  }

  makeDirectory(path: string): Promise<void> {
    if (this.readOnly !== undefined && path.startsWith(this.readOnly)) return Promise.reject(new Error("EROFS"));
    this.directories.add(path);
    const parent = path.slice(0, path.lastIndexOf("/"));
    return parent.length > "/sys/fs/cgroup".length ? this.makeDirectory(parent) : Promise.resolve();
  }

  removeDirectory(path: string): Promise<void> {
    const busy = this.members.has(path) || [...this.directories].some((other) => other.startsWith(`${path}/`));
    if (busy || !this.directories.delete(path)) return Promise.reject(new Error("EBUSY"));
    return Promise.resolve();
  }

  readTextIfPresent(path: string): Promise<string> {
    const member = this.members.get(path.replace("/cgroup.procs", ""));
    return Promise.resolve(member === undefined ? "0\n" : `0\n${String(member)}\n`);
  }

  list(path: string): Promise<readonly string[] | undefined> {
    const below = [...this.directories].filter((other) => other.startsWith(`${path}/`));
    const names = below.map((other) => other.slice(path.length + 1).split("/")[0] ?? "");
    return Promise.resolve([...new Set([...names, "tasks"])]);
  }

  status(path: string): Promise<Pick<FileStatus, "kind"> | undefined> {
    return Promise.resolve(this.directories.has(path) ? { kind: "directory" } : undefined);
  }

  linkStatus(path: string): Promise<Pick<FileStatus, "kind"> | undefined> {
    return Promise.resolve({ kind: this.directories.has(path) ? "directory" : "file" });
  }
}

const v1 = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory"];

describe("cgroups of pods", () => {
  it("are made in every hierarchy of version 1 that lets us", async () => {
    const files = new CgroupFiles([...v1, "/sys/fs/cgroup/pids"], "/sys/fs/cgroup/pids");
    await makeCgroups(spec, files.host());
    expect(files.directories).toContain("/sys/fs/cgroup/cpu/sandkube/test");
    expect(files.directories).toContain("/sys/fs/cgroup/memory/sandkube/test");
    expect(files.directories).not.toContain("/sys/fs/cgroup/pids/sandkube/test");
  });

  it("are made once in version 2", async () => {
    const files = new CgroupFiles(["/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/system.slice"]);
    await makeCgroups(spec, files.host());
    expect([...files.directories].filter((path) => path.endsWith("sandkube/test"))).toEqual([
      "/sys/fs/cgroup/sandkube/test",
    ]);
  });

  it("are removed from the leaves up, with the parent when nobody else is in it", async () => {
    const files = new CgroupFiles(v1);
    await makeCgroups(spec, files.host());
    await files.makeDirectory("/sys/fs/cgroup/cpu/sandkube/test/kubepods/burstable/pod1/container");
    await removeCgroups(spec, files.host(), 1000);
    expect([...files.directories].sort()).toEqual(v1);
  });

  it("are removed once what still runs in them is ended", async () => {
    const files = new CgroupFiles(v1);
    const container = "/sys/fs/cgroup/cpu/sandkube/test/kubepods/besteffort/pod1/container";
    await files.makeDirectory(container);
    files.members.set(container, 41);
    await removeCgroups(spec, files.host(), 1000);
    expect([...files.directories].sort()).toEqual(v1);
  });

  it("that cannot be removed are named, with what is in them", async () => {
    const files = new CgroupFiles(v1);
    const container = "/sys/fs/cgroup/cpu/sandkube/test/kubepods/besteffort/pod1/container";
    await files.makeDirectory(container);
    files.members.set(container, 41);
    files.immortal = 41;
    await expect(removeCgroups(spec, files.host(), 1000)).rejects.toMatchObject({
      message: `Still there after 1 s: ${container}; processes in them: 41`,
    });
  });

  it("of another cluster stay", async () => {
    const files = new CgroupFiles(v1);
    await makeCgroups(spec, files.host());
    await makeCgroups({ ...spec, cgroupRoot: "/sandkube/other" }, files.host());
    await removeCgroups(spec, files.host(), 1000);
    expect(files.directories).toContain("/sys/fs/cgroup/cpu/sandkube/other");
    expect(files.directories).not.toContain("/sys/fs/cgroup/cpu/sandkube/test");
  });

  it("that are gone already are fine", async () => {
    await expect(removeCgroups(spec, new CgroupFiles(v1).host(), 1000)).resolves.toBeUndefined();
  });
});
