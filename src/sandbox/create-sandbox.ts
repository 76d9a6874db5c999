import { join } from "node:path";
import type { Host, ProcessIdentity } from "../contract/host.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { bundleSpec } from "./bundle.ts";
import { removeSandbox } from "./delete-sandbox.ts";
import { readEgressEnvironment, type EgressEnvironment } from "./egress-environment.ts";
import { describeSandbox, type SandboxSummary } from "./list-sandboxes.ts";
import { checkRequirements } from "./requirements.ts";
import { findResolver } from "./resolver.ts";
import { makeRootfs } from "./rootfs.ts";
import { startSandbox } from "./runsc.ts";
import { locateSandbox, type SandboxLocation } from "./sandbox-location.ts";
import { lockMachine, lockSandbox } from "./sandbox-lock.ts";
import { makeSandboxNetwork, namespaceFile } from "./sandbox-network.ts";
import { defaultMemoryBytes, type CreateSandboxOptions, type SandboxContext } from "./sandbox-options.ts";
import { writeSandboxState, type SandboxState } from "./sandbox-state.ts";

/** A sandbox that runs, with its release. */
export interface CreatedSandbox extends AsyncDisposable {
  readonly summary: SandboxSummary;
  /** The sandbox's root directory on the host. With an overlay, later changes in it may not be seen inside. */
  readonly rootfs: string;
  readonly nameservers: readonly string[];
  /** What the user should know, such as that the host's resolver had to be bypassed. */
  readonly notes: readonly string[];
}

const noEgress: EgressEnvironment = { environment: {}, mounts: [], notes: [] };

/**
 * Makes a gVisor sandbox and starts it. Where that fails or is aborted, all
 * that was made is removed. It runs until it is deleted or the machine stops;
 * disposing of the result deletes it.
 *
 * @throws SandkubeError: usage (name, mounts), conflict (the name is taken), unsupported (not root, a program or a kernel feature is missing)
 */
export async function createSandbox(options: CreateSandboxOptions, context: SandboxContext): Promise<CreatedSandbox> {
  const { host, progress, signal } = context;
  const location = locateSandbox(options.name, options.stateRoot);
  const { iptables } = await checkRequirements(host, options.runscPath);
  await using _lock = await lockSandbox(host, location, 0, signal);
  await refuseExisting(host, location);
  return await step(
    progress,
    `Make gVisor sandbox ${options.name} (${options.gvisor}, ${options.profile})`,
    async () => {
      try {
        const state = await make(options, location, iptables, context);
        return {
          summary: await describeSandbox(host, location),
          rootfs: location.rootfs,
          nameservers: state.network?.nameservers ?? [],
          notes: state.notes,
          [Symbol.asyncDispose]: async (): Promise<void> => {
            await using _again = await lockSandbox(host, location, 30_000, AbortSignal.timeout(60_000));
            await removeSandbox(host, location);
          },
        };
      } catch (error) {
        await undo(location, context);
        throw asStorageError(error, location);
      }
    },
  );
}

async function refuseExisting(host: Host, location: SandboxLocation): Promise<void> {
  if ((await host.files.linkStatus(location.directory)) === undefined) return;
  const { state } = await describeSandbox(host, location);
  throw new SandkubeError({
    title: "The name is taken",
    message: `There is a sandbox "${location.name}" already (${state}), in ${location.directory}.`,
    hint: `Take another name, or remove it: sandkube sandbox delete ${location.name}`,
    exit: "conflict",
  });
}

/** The reason for the undoing matters more than a failure of it, which is only told. */
async function undo(location: SandboxLocation, { host, progress }: SandboxContext): Promise<void> {
  try {
    await removeSandbox(host, location);
  } catch (error) {
    progress({
      kind: "warning",
      text: `Sandbox "${location.name}" could not be removed wholly: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

/** A full, read-only or forbidden state directory is the user's to mend, not a bug. */
function asStorageError(error: unknown, location: SandboxLocation): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !["EACCES", "EDQUOT", "EEXIST", "ENOSPC", "ENOTDIR", "EPERM", "EROFS"].includes(code))
    return error;
  return new SandkubeError({
    title: "The sandbox cannot be stored",
    message: `${location.directory} cannot be written: ${(error as Error).message}`,
    hint: `See whether there is space and whether it may be written: df -h ${location.stateRoot}; ls -ld ${location.stateRoot}`,
    exit: "storage",
    cause: error,
  });
}

async function make(
  options: CreateSandboxOptions,
  location: SandboxLocation,
  iptables: string,
  context: SandboxContext,
): Promise<SandboxState> {
  const { host, signal } = context;
  const overlay = options.overlay ?? "none";
  const networkStack = options.networkStack ?? "sandbox";
  const memoryBytes = options.memoryBytes ?? defaultMemoryBytes;
  const resolver = await findResolver(host.files);
  const egress = options.hostEgress === true ? await readEgressEnvironment(host) : noEgress;
  let state: SandboxState = {
    schemaVersion: 1,
    name: options.name,
    phase: "creating",
    gvisor: options.gvisor,
    runscPath: options.runscPath,
    platform: options.platform,
    profile: options.profile,
    overlay,
    networkStack,
    iptables,
    memoryBytes,
    createdAt: new Date(host.clock.now()).toISOString(),
    mounts: [...(options.mounts ?? []), ...egress.mounts].map(({ source, target }) => ({ source, target })),
    environment: { ...egress.environment, ...options.environment },
    published: [...(options.published ?? [])],
    notes: [...(resolver.note === undefined ? [] : [resolver.note]), ...egress.notes],
  };
  await claim(host, location, state, signal);

  const subnet = await makeSandboxNetwork(host, location, iptables, signal);
  const systemDirectories = await makeRootfs(host, location, {
    resolver,
    address: subnet.sandboxAddress,
    mounts: state.mounts,
    signal,
  });
  const spec = bundleSpec({
    id: location.id,
    name: options.name,
    profile: options.profile,
    rootfs: location.rootfs,
    networkNamespace: namespaceFile(location),
    memoryBytes,
    systemDirectories,
    mounts: state.mounts,
    environment: state.environment,
  });
  await host.files.write(join(location.bundle, "config.json"), JSON.stringify(spec), { mode: 0o600 });
  const runsc = { path: options.runscPath, platform: options.platform, networkStack };
  const { notes } = await startSandbox(host, runsc, location, overlay, signal);
  state = {
    ...state,
    phase: "ready",
    notes: [...state.notes, ...notes],
    network: { ...subnet, nameservers: [...resolver.nameservers] },
    process: await sentry(host, location),
  };
  await writeSandboxState(host.files, location, state);
  for (const text of state.notes) context.progress({ kind: "note", text });
  return state;
}

/** First of all, so that whatever happens next can be found and deleted. The lock: `delete` may be removing an empty state root. */
async function claim(host: Host, location: SandboxLocation, state: SandboxState, signal: AbortSignal): Promise<void> {
  await using _lock = await lockMachine(host, signal);
  await host.files.makeDirectory(location.stateRoot);
  await host.files.makeDirectory(location.directory, { mode: 0o700 });
  await writeSandboxState(host.files, location, state);
}

async function sentry(host: Host, location: SandboxLocation): Promise<ProcessIdentity> {
  const pid = Number(await host.files.readText(location.pidFile));
  const status = await host.processes.status(pid);
  if (status === undefined) {
    const said = (await host.files.readTextIfPresent(location.startLog)) ?? "";
    throw new SandkubeError({
      title: "gVisor did not stay",
      message: `Sandbox "${location.name}" ended as soon as it was started. ${said.trim()}`,
      exit: "unsupported",
    });
  }
  return { pid, startTicks: status.startTicks };
}
