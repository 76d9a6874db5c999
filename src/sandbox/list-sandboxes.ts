import { join } from "node:path";
import type { Host } from "../contract/host.ts";
import { requireRoot } from "./requirements.ts";
import { locateSandbox, type SandboxLocation } from "./sandbox-location.ts";
import {
  defaultStateRoot,
  type PublishedPort,
  type SandboxContext,
  type SandboxNetworkStack,
  type SandboxOverlay,
  type SandboxProfile,
} from "./sandbox-options.ts";
import { parseSandboxState } from "./sandbox-state.ts";

/** One sandbox, as `sandbox list` shows it. */
export interface SandboxSummary {
  readonly name: string;
  /** The gVisor version's label or path; undefined where the state file cannot be read. */
  readonly gvisor: string | undefined;
  readonly profile: SandboxProfile | undefined;
  readonly overlay: SandboxOverlay | undefined;
  readonly networkStack: SandboxNetworkStack | undefined;
  /**
   * `running`: its processes are alive. `stopped`: it was made whole and has
   * ended. `broken`: half made, or its state file cannot be read.
   */
  readonly state: "running" | "stopped" | "broken";
  /** Why it is not running. */
  readonly because: string | undefined;
  /** The sandbox's IPv4 address. */
  readonly address: string | undefined;
  /** The host's end: what a process in the sandbox calls the host. */
  readonly hostAddress: string | undefined;
  /** The sentry's process id on the host. */
  readonly pid: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Ports of the host that lead into it. */
  readonly published: readonly PublishedPort[];
  /** ISO 8601. */
  readonly createdAt: string | undefined;
}

/**
 * Lists the sandboxes of a state root, by name.
 *
 * @throws SandkubeError (unsupported) where there are some and this process is not root
 */
export async function listSandboxes(
  options: { readonly stateRoot?: string },
  context: Pick<SandboxContext, "host">,
): Promise<readonly SandboxSummary[]> {
  const root = options.stateRoot ?? defaultStateRoot;
  const summaries: SandboxSummary[] = [];
  const names = (await context.host.files.list(root)) ?? [];
  if (names.length > 0) await requireRoot(context.host);
  for (const name of names) {
    if ((await context.host.files.status(join(root, name)))?.kind !== "directory") continue;
    const location = locate(name, root);
    if (location !== undefined) summaries.push(await describeSandbox(context.host, location));
  }
  return summaries;
}

/** A directory whose name cannot be a sandbox's is not ours. */
function locate(name: string, root: string): SandboxLocation | undefined {
  try {
    return locateSandbox(name, root);
  } catch {
    return undefined;
  }
}

/** Says what state a sandbox is in. */
export async function describeSandbox(host: Host, location: SandboxLocation): Promise<SandboxSummary> {
  const text = await host.files.readTextIfPresent(location.stateFile);
  const parsed =
    text === undefined ? { ok: false as const, because: "its state file is missing" } : parseSandboxState(text);
  if (!parsed.ok) {
    return {
      name: location.name,
      gvisor: undefined,
      profile: undefined,
      overlay: undefined,
      networkStack: undefined,
      state: "broken",
      because: parsed.because,
      address: undefined,
      hostAddress: undefined,
      pid: undefined,
      memoryBytes: undefined,
      published: [],
      createdAt: undefined,
    };
  }
  const { state } = parsed;
  const alive = state.process !== undefined && (await host.processes.isAlive(state.process));
  return {
    name: location.name,
    gvisor: state.gvisor,
    profile: state.profile,
    overlay: state.overlay,
    networkStack: state.networkStack,
    ...(state.phase === "creating"
      ? { state: "broken", because: "it was never finished" }
      : alive
        ? { state: "running", because: undefined }
        : { state: "stopped", because: await whyEnded(host, location) }),
    address: state.network?.sandboxAddress,
    hostAddress: state.network?.hostAddress,
    pid: alive ? state.process.pid : undefined,
    memoryBytes: state.memoryBytes,
    published: state.published,
    createdAt: state.createdAt,
  };
}

/** A panic of gVisor's kernel is the usual reason; its first line says which. */
async function whyEnded(host: Host, location: SandboxLocation): Promise<string> {
  const panic = ((await host.files.readTextIfPresent(location.panicLog)) ?? "").trim();
  if (panic === "") return "its processes have ended";
  return `gVisor panicked: ${panic.split("\n", 1)[0] ?? ""} (all of it: ${location.panicLog})`;
}
