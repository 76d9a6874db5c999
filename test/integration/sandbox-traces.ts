import { join } from "node:path";
import type { Host } from "../../src/contract/host.ts";
import type { SandboxLocation } from "../../src/sandbox/sandbox-location.ts";

/** Everything on the machine that belongs to one sandbox, by kind. */
export interface SandboxTraces {
  readonly links: readonly string[];
  readonly namespaces: readonly string[];
  readonly rules: readonly string[];
  readonly mounts: readonly string[];
  readonly processes: readonly string[];
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
}

/** A machine without the sandbox. */
export const noTraces: SandboxTraces = {
  links: [],
  namespaces: [],
  rules: [],
  mounts: [],
  processes: [],
  cgroups: [],
  files: [],
};

/** Looks for what belongs to a sandbox; other tests may run sandboxes of their own at the same time. */
export async function tracesOf(host: Host, location: SandboxLocation): Promise<SandboxTraces> {
  const { commands, files, processes } = host;
  const ours = (text: string): boolean =>
    [location.id, location.link, location.directory].some((name) => text.includes(name));
  const rules = await commands.run(["iptables-save"]);
  const listed = await Promise.all(
    (await processes.list())
      .filter(({ zombie }) => !zombie)
      .map(async ({ pid }) => ((await processes.arguments(pid)) ?? []).join(" ")),
  );
  const hierarchies = (await files.list("/sys/fs/cgroup")) ?? [];
  const cgroups = await Promise.all(
    ["", ...hierarchies].map(async (name) => (await files.list(join("/sys/fs/cgroup", name))) ?? []),
  );
  return {
    links: ((await files.list("/sys/class/net")) ?? []).filter(ours),
    namespaces: ((await files.list("/run/netns")) ?? []).filter(ours),
    rules: rules.stdout.split("\n").filter(ours),
    mounts: (await files.readText("/proc/self/mountinfo")).split("\n").filter(ours),
    processes: listed.filter(ours),
    cgroups: cgroups.flat().filter(ours),
    files: (await files.list(location.directory)) ?? [],
  };
}
