import { dirname } from "node:path";
import { artifactDirectory } from "../artifacts/cache-directory.ts";
import { ensureArtifacts } from "../artifacts/ensure-artifacts.ts";
import { ensureSystemPackages } from "../artifacts/system-packages.ts";
import { unknownName } from "../contract/unknown-name.ts";
import { packageRoot } from "../host/package-root.ts";
import { createSandbox } from "../sandbox/create-sandbox.ts";
import type { SandboxSummary } from "../sandbox/list-sandboxes.ts";
import type {
  PublishedPort,
  SandboxMount,
  SandboxNetworkStack,
  SandboxOverlay,
  SandboxPlatform,
  SandboxProfile,
} from "../sandbox/sandbox-options.ts";
import { publishPorts, requireFreePorts } from "./publish-ports.ts";
import type { Session } from "./session.ts";

export { deleteSandbox } from "../sandbox/delete-sandbox.ts";
export { execInSandbox } from "../sandbox/exec-in-sandbox.ts";
export { listSandboxes, type SandboxSummary } from "../sandbox/list-sandboxes.ts";
export type { PublishedPort } from "../sandbox/sandbox-options.ts";

/** The answer of `sandkube sandbox list --output json`. */
export interface SandboxListReport {
  readonly schema: "sandkube.dev/sandbox-list/v1";
  readonly sandboxes: readonly SandboxSummary[];
}

/** The gVisor versions that sandkube gets by itself, with the platform that works in each. */
export const gvisorVersions: Readonly<Record<string, SandboxPlatform>> = {
  "20260701": "systrap",
  "20240729": "systrap",
  "20221219": "ptrace",
};

/** The gVisor version that is used where none is named. */
export const defaultGvisor = "20260701";

/** Options of {@link makeSandbox}. */
export interface MakeSandboxOptions {
  readonly name: string;
  /** One of {@link gvisorVersions}, or the path of a runsc binary. */
  readonly gvisor: string;
  readonly profile: SandboxProfile;
  readonly overlay: SandboxOverlay;
  /** Default: `sandbox`. */
  readonly networkStack?: SandboxNetworkStack;
  /** Bytes. */
  readonly memoryBytes?: number;
  /** Ports of this machine that lead into the sandbox. */
  readonly published?: readonly PublishedPort[];
}

/** Where the sandboxes see this program and its cache. */
export const inside = { package: "/opt/sandkube", cache: "/opt/sandkube-cache" };

/** A new sandbox, and what its user should know. */
export interface MadeSandbox {
  readonly summary: SandboxSummary;
  readonly notes: readonly string[];
}

/**
 * Makes a sandbox in which this same sandkube can run: its package, its artifact
 * cache and the Node that runs it are mounted read-only.
 *
 * @throws SandkubeError: usage for an unknown gVisor version, conflict for a published port that is taken, and what createSandbox and ensureArtifacts throw
 */
export async function makeSandbox(options: MakeSandboxOptions, session: Session): Promise<MadeSandbox> {
  const { host } = session;
  const { runscPath, platform } = await findRunsc(options.gvisor, session);
  await ensureSystemPackages(["iproute2", "iptables", "util-linux"], session);
  const cache = dirname(artifactDirectory(host.environment));
  await host.files.makeDirectory(cache);
  const mounts: SandboxMount[] = [
    { source: packageRoot, target: inside.package },
    { source: cache, target: inside.cache },
  ];
  // Node may live below a home directory (nvm) or /opt; /usr is there already.
  if (!process.execPath.startsWith("/usr/")) mounts.push({ source: process.execPath, target: "/opt/node/bin/node" });
  const published = options.published ?? [];
  await requireFreePorts(published, host);
  const created = await createSandbox(
    {
      name: options.name,
      gvisor: options.gvisor,
      runscPath,
      platform,
      profile: options.profile,
      overlay: options.overlay,
      ...(options.networkStack === undefined ? {} : { networkStack: options.networkStack }),
      ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
      mounts,
      environment: { SANDKUBE_CACHE_DIR: inside.cache },
      published,
    },
    session,
  );
  try {
    await publishPorts(options.name, published, created.summary.address ?? "", session);
  } catch (error) {
    await created[Symbol.asyncDispose]();
    throw error;
  }
  return { summary: created.summary, notes: created.notes };
}

/** The command line of sandkube inside a sandbox made by {@link makeSandbox}. */
export function sandkubeInside(words: readonly string[]): [string, ...string[]] {
  const node = process.execPath.startsWith("/usr/") ? process.execPath : "/opt/node/bin/node";
  return [node, `${inside.package}/dist/cli/main.js`, ...words];
}

async function findRunsc(
  gvisor: string,
  session: Session,
): Promise<{ readonly runscPath: string; readonly platform: SandboxPlatform }> {
  if (gvisor.includes("/")) return { runscPath: gvisor, platform: "systrap" };
  const platform = gvisorVersions[gvisor];
  if (platform === undefined) {
    const known = Object.keys(gvisorVersions);
    const message = `Known: ${known.join(", ")}; or the path of a runsc binary.`;
    throw unknownName({ kind: "gVisor version", name: gvisor, known, message });
  }
  const artifact = `runsc-${gvisor}`;
  const paths = await ensureArtifacts([artifact], session);
  return { runscPath: paths.get(artifact) ?? "", platform };
}
