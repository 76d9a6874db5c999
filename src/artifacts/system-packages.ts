import { getuid } from "node:process";
import type { ArtifactContext } from "../contract/artifact.ts";
import { step } from "../contract/progress.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/** Milliseconds for one run of apt-get. */
const aptTimeout = 600_000;
/** Seconds that apt-get waits for another package manager that holds dpkg's lock. */
const lockTimeout = 120;

/**
 * What shows that a package is installed, by the package's Debian name: a
 * program on the PATH. It also answers on machines that are not Debian's kin.
 * A package that is not listed is asked of dpkg alone.
 */
const programs: Readonly<Record<string, string>> = {
  gcc: "cc",
  iproute2: "ip",
  iptables: "iptables",
  "pkg-config": "pkg-config",
  "util-linux": "nsenter",
};

/**
 * Makes sure that packages of the system, by their Debian names, are there;
 * installs them where this process may.
 *
 * @throws SandkubeError (unsupported) whose hint is the command to type, where it may not
 */
export async function ensureSystemPackages(names: readonly string[], context: ArtifactContext): Promise<void> {
  const missing = await missingPackages(names, context);
  if (missing.length === 0) return;
  const apt = await context.host.commands.find("apt-get");
  if (apt === undefined || getuid?.() !== 0) throw cannotInstall(missing, apt !== undefined);
  await step(context.progress, `install ${missing.join(", ")}`, (detail) => install(missing, context, detail));
  const still = await missingPackages(missing, context);
  if (still.length > 0) throw new Error(`apt-get succeeded and did not install ${still.join(", ")}`);
}

/** Those of the packages that are not installed. */
export async function missingPackages(names: readonly string[], context: ArtifactContext): Promise<readonly string[]> {
  const { commands } = context.host;
  const dpkg = await commands.find("dpkg-query");
  const missing: string[] = [];
  for (const name of new Set(names)) {
    const program = programs[name];
    if (program !== undefined && (await commands.find(program)) !== undefined) continue;
    if (dpkg !== undefined && (await isInstalled(name, context))) continue;
    missing.push(name);
  }
  return missing;
}

async function isInstalled(name: string, { host, signal }: ArtifactContext): Promise<boolean> {
  const answer = await host.commands.run(["dpkg-query", "--show", "--showformat", "${db:Status-Status}\\n", name], {
    acceptedExitCodes: [0, 1],
    signal,
  });
  return answer.exitCode === 0 && answer.stdout.split("\n").includes("installed");
}

async function install(
  names: readonly string[],
  { host, signal }: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const apt = (argv: readonly string[]): Promise<unknown> =>
    host.commands.run(["apt-get", "--yes", "-o", `DPkg::Lock::Timeout=${String(lockTimeout)}`, ...argv], {
      environment: { DEBIAN_FRONTEND: "noninteractive" },
      timeout: aptTimeout,
      signal,
    });
  try {
    if (!(await allKnown(names, { host, signal }))) {
      detail("apt-get update");
      await apt(["update"]);
    }
    detail("apt-get install");
    await apt(["install", "--no-install-recommends", ...names]);
  } catch (error) {
    signal.throwIfAborted();
    throw new SandkubeError({
      title: `${names.join(", ")} could not be installed`,
      message: error instanceof Error ? error.message : String(error),
      hint: installCommand(names),
      exit: "unsupported",
      cause: error,
    });
  }
}

/** Whether apt knows a version of every package; it does not where its lists were never fetched. */
async function allKnown(
  names: readonly string[],
  { host, signal }: Pick<ArtifactContext, "host" | "signal">,
): Promise<boolean> {
  const { stdout } = await host.commands.run(["apt-cache", "policy", ...names], {
    environment: { LC_ALL: "C" },
    signal,
  });
  const candidates = stdout.match(/^\s*Candidate: (?!\(none\)).+$/gm) ?? [];
  return candidates.length >= names.length;
}

function installCommand(names: readonly string[]): string {
  return `apt-get update && apt-get install --no-install-recommends ${names.join(" ")}`;
}

function cannotInstall(names: readonly string[], hasApt: boolean): SandkubeError {
  const list = names.join(", ");
  return new SandkubeError({
    title: `System packages are missing: ${list}`,
    message: hasApt
      ? `${list} must be installed, which takes root.`
      : `${list} (as Debian names them) must be installed, and this machine has no apt-get.`,
    hint: hasApt ? `Type: sudo sh -c '${installCommand(names)}'` : `Install what your system calls: ${list}`,
    exit: "unsupported",
  });
}
