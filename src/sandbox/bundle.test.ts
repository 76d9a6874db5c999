import { describe, expect, it } from "vitest";
import { bundleSpec, ociProcess, type BundleInput } from "./bundle.ts";

const input: BundleInput = {
  id: "sandkube-dev-12345678",
  name: "dev",
  profile: "agent",
  rootfs: "/state/dev/rootfs",
  networkNamespace: "/run/netns/sandkube-dev-12345678",
  systemDirectories: ["/usr"],
  mounts: [{ source: "/srv/package", target: "/opt/sandkube" }],
  environment: { A: "1" },
};

describe("bundleSpec", () => {
  it("gives an agent's sandbox 17 capabilities, 8 GiB and read-only /sys and cgroups", () => {
    const spec = bundleSpec(input);
    expect(spec.process.capabilities.effective).toHaveLength(17);
    expect(spec.process.capabilities.bounding).toContain("CAP_SYS_ADMIN");
    expect(spec.process.capabilities.bounding).not.toContain("CAP_SYS_RESOURCE");
    expect(spec.linux.resources.memory.limit).toBe(8 * 1024 ** 3);
    const mount = (target: string): unknown => spec.mounts.find(({ destination }) => destination === target);
    expect(mount("/sys")).toMatchObject({ type: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] });
    expect(mount("/sys/fs/cgroup")).toMatchObject({
      type: "cgroup",
      options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
    });
    expect(mount("/dev/kmsg")).toBeUndefined();
  });

  it("gives an open sandbox every capability and writable /sys and cgroups", () => {
    const spec = bundleSpec({ ...input, profile: "open", memoryBytes: 1024 ** 3 });
    expect(spec.process.capabilities.permitted).toHaveLength(38);
    expect(spec.linux.resources.memory.limit).toBe(1024 ** 3);
    expect(spec.mounts.filter(({ options }) => options.includes("ro")).map(({ destination }) => destination)).toEqual([
      "/usr",
      "/opt/sandkube",
    ]);
  });

  it("mounts the host's files read-only, in the caller's order, after its own", () => {
    expect(bundleSpec(input).mounts.slice(-2)).toEqual([
      { destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"] },
      { destination: "/opt/sandkube", type: "bind", source: "/srv/package", options: ["rbind", "ro"] },
    ]);
  });

  it("uses the prepared network namespace and a private root", () => {
    const spec = bundleSpec(input);
    expect(spec.linux.namespaces).toContainEqual({ type: "network", path: input.networkNamespace });
    expect(spec.root).toEqual({ path: "/state/dev/rootfs", readonly: false });
    expect(spec.linux.cgroupsPath).toBe("/sandkube-dev-12345678");
  });
});

describe("ociProcess", () => {
  it("lets the caller's environment win over the base", () => {
    const process = ociProcess({
      profile: "agent",
      argv: ["true"],
      cwd: "/root",
      environment: { PATH: "/opt/node/bin", B: "x=y" },
      terminal: false,
    });
    expect(process.env).toContain("PATH=/opt/node/bin");
    expect(process.env).toContain("B=x=y");
    expect(process.env.filter((entry) => entry.startsWith("PATH="))).toHaveLength(1);
    expect(process.user).toEqual({ uid: 0, gid: 0 });
  });
});
