import { join } from "node:path";
import { arch } from "node:process";
import type { ArtifactContext, DebianSource } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { parseDeb822Sources, parseOneLineSources, sourceOfSuite, type AptSource } from "./apt-sources.ts";
import { goArchitecture } from "./build-flags.ts";
import type { BuildOutput } from "./build-program.ts";

/** Milliseconds for one run of apt-get. */
const aptTimeout = 300_000;

/**
 * Takes one file out of a Debian package. Apt's own client fetches it, with a
 * configuration of its own, so that nothing of the system's apt changes.
 *
 * @throws SandkubeError (unsupported) where there is no apt or no Debian mirror; (artifact) where the package cannot be
 *   fetched or is not the pinned one
 */
export async function fetchDebian(
  source: DebianSource,
  output: BuildOutput,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const { host, signal } = context;
  const { commands, files } = host;
  await checkMachine(source, context);
  const archive = sourceOfSuite(await readSources(context), source.suite);
  if (archive === undefined) throw noArchive(source);
  for (const directory of ["state/lists/partial", "cache/archives/partial"]) {
    await files.makeDirectory(join(output.scratch, directory));
  }
  const configuration = join(output.scratch, "apt.conf");
  await files.write(configuration, await aptConfiguration(output.scratch, context), { mode: 0o600 });
  await files.write(join(output.scratch, "sources.list"), sourceLine(archive, source));
  await files.write(join(output.scratch, "empty"), "");
  const options = { cwd: output.scratch, environment: { APT_CONFIG: configuration }, timeout: aptTimeout, signal };
  try {
    detail(`reading the index of ${source.suite}`);
    await commands.run(["apt-get", "--quiet", "update"], options);
    detail(`fetching ${source.package} ${source.version}`);
    await commands.run(["apt-get", "--quiet", "download", `${source.package}=${source.version}`], options);
  } catch (error) {
    signal.throwIfAborted();
    throw new SandkubeError({
      title: `The Debian package ${source.package} could not be fetched`,
      message: `apt-get found no ${source.package} ${source.version} of ${source.suite}, or could not reach the mirror.`,
      hint: `Try: apt-get update && apt-get download ${source.package}=${source.version}`,
      exit: "artifact",
      cause: error,
    });
  }
  const found = (await files.list(output.scratch))?.find((name) => name.endsWith(".deb"));
  if (found === undefined) throw new Error("apt-get download succeeded and left no package");
  const sha256 = await files.sha256(join(output.scratch, found));
  if (sha256 !== source.sha256) {
    throw new SandkubeError({
      title: `The Debian package ${source.package} is not the pinned one`,
      message: `Its SHA-256 is ${sha256}, not ${source.sha256}.`,
      hint: "Do not use it. Report it, with the mirror it came from.",
      exit: "artifact",
    });
  }
  await commands.run(["dpkg-deb", "--extract", found, "unpacked"], { cwd: output.scratch, signal });
  await files.rename(join(output.scratch, "unpacked", source.path), output.path);
}

async function checkMachine(source: DebianSource, { host }: ArtifactContext): Promise<void> {
  const machine = goArchitecture(arch);
  const lacks =
    machine === source.architecture ? undefined : `the package is for ${source.architecture}, not ${machine}`;
  const tool = (await host.commands.find("apt-get")) && (await host.commands.find("dpkg-deb"));
  const because = lacks ?? (tool === undefined ? "apt-get and dpkg-deb are not on the PATH" : undefined);
  if (because === undefined) return;
  throw new SandkubeError({
    title: `${source.package} ${source.version} cannot be fetched on this machine`,
    message: `It comes from Debian's ${source.suite}, and ${because}.`,
    exit: "unsupported",
  });
}

async function readSources({ host: { files } }: ArtifactContext): Promise<readonly AptSource[]> {
  const parts = "/etc/apt/sources.list.d";
  const paths = ["/etc/apt/sources.list", ...((await files.list(parts)) ?? []).map((name) => join(parts, name))];
  const found: AptSource[] = [];
  for (const path of paths) {
    const text = (await files.readTextIfPresent(path)) ?? "";
    if (path.endsWith(".list")) found.push(...parseOneLineSources(text));
    if (path.endsWith(".sources")) found.push(...parseDeb822Sources(text));
  }
  return found;
}

function sourceLine(archive: AptSource, { suite, architecture }: DebianSource): string {
  const options = [
    `arch=${architecture}`,
    ...(archive.signedBy === undefined ? [] : [`signed-by=${archive.signedBy}`]),
  ];
  return `deb [${options.join(" ")}] ${archive.uri} ${suite} main\n`;
}

/**
 * A configuration that reads none of the system's parts, whose hooks would
 * touch the system, but keeps how the machine reaches its mirrors (a proxy).
 */
async function aptConfiguration(directory: string, { host, signal }: ArtifactContext): Promise<string> {
  const { stdout } = await host.commands.run(["apt-config", "dump", "Acquire"], { signal });
  const reach = stdout.split("\n").filter((line) => /^Acquire::(https?|ForceIPv[46])(::|\s)/i.test(line));
  const own = {
    "Dir::State": join(directory, "state"),
    "Dir::State::status": join(directory, "empty"),
    "Dir::Cache": join(directory, "cache"),
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::parts": "/dev/null",
    "Dir::Etc::sourcelist": join(directory, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Acquire::Languages": "none",
    // The directory is this user's, so apt's own download user could not write to it.
    "APT::Sandbox::User": "root",
  };
  return [...reach, ...Object.entries(own).map(([name, value]) => `${name} "${value}";`), ""].join("\n");
}

function noArchive(source: DebianSource): SandkubeError {
  return new SandkubeError({
    title: `${source.package} ${source.version} cannot be fetched on this machine`,
    message: `It comes from Debian's ${source.suite}, and no Debian mirror is among this machine's apt sources.`,
    hint: "Add a Debian mirror to /etc/apt/sources.list.d, or use another gVisor version.",
    exit: "unsupported",
  });
}
