import { dirname, join, normalize } from "node:path";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { formatResolvConf, type Resolver } from "./resolver.ts";
import type { SandboxLocation } from "./sandbox-location.ts";
import type { SandboxMount } from "./sandbox-options.ts";

/** Where programs and libraries are; links into /usr on hosts with a merged /usr (file-hierarchy(7)). */
const systemNames = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** The directories of a root file system, parents first, with their permissions. */
const directories: Readonly<Record<string, number>> = {
  ".": 0o755,
  dev: 0o755,
  etc: 0o755,
  home: 0o755,
  media: 0o755,
  mnt: 0o755,
  opt: 0o755,
  proc: 0o555,
  root: 0o700,
  run: 0o755,
  "run/lock": 0o1777,
  srv: 0o755,
  sys: 0o555,
  tmp: 0o1777,
  usr: 0o755,
  var: 0o755,
  "var/cache": 0o755,
  "var/lib": 0o755,
  "var/log": 0o755,
  "var/spool": 0o755,
  "var/tmp": 0o1777,
};

/**
 * What programs below /usr need of /etc to load libraries, check TLS certificates
 * and find their alternatives. Nothing in it is secret: no shadow, no keys.
 */
const copiedConfiguration = [
  "etc/alternatives",
  "etc/ca-certificates.conf",
  "etc/ld.so.cache",
  "etc/ld.so.conf",
  "etc/ld.so.conf.d",
  "etc/localtime",
  "etc/mime.types",
  "etc/pki/ca-trust/extracted",
  "etc/pki/tls/cert.pem",
  "etc/pki/tls/certs",
  "etc/pki/tls/openssl.cnf",
  "etc/protocols",
  "etc/services",
  "etc/ssl/cert.pem",
  "etc/ssl/certs",
  "etc/ssl/openssl.cnf",
];

const passwd = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;

const group = `root:x:0:
daemon:x:1:
tty:x:5:
disk:x:6:
utmp:x:43:
nogroup:x:65534:
`;

/**
 * Makes the sandbox's own root directory: everything in it is writable and
 * private; /usr is only a mount point.
 *
 * @returns the host's directories that have to be mounted over it
 */
export async function makeRootfs(
  host: Host,
  location: SandboxLocation,
  options: {
    readonly resolver: Resolver;
    readonly address: string;
    readonly mounts: readonly SandboxMount[];
    readonly signal: AbortSignal;
  },
): Promise<readonly string[]> {
  const { files } = host;
  const at = (path: string): string => join(location.rootfs, path);
  for (const [path, mode] of Object.entries(directories)) {
    await files.makeDirectory(at(path));
    await files.setMode(at(path), mode); // mkdir(2) applies the umask, which may be root's own
  }
  await files.makeLink("../run", at("var/run"));
  await files.makeLink("../run/lock", at("var/lock"));
  await copyConfiguration(host, location, options.signal);
  const configuration = {
    passwd,
    group,
    hostname: `${location.name}\n`,
    hosts: `127.0.0.1 localhost\n::1 localhost\n${options.address} ${location.name}\n`,
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "resolv.conf": formatResolvConf(options.resolver),
  };
  await Promise.all(
    Object.entries(configuration).map(async ([name, content]) => {
      await files.write(at(join("etc", name)), content);
      await files.setMode(at(join("etc", name)), 0o644);
    }),
  );
  const systemDirectories = await linkSystemDirectories(host, location);
  for (const mount of options.mounts) await makeMountPoint(host, location, mount);
  return systemDirectories;
}

async function copyConfiguration(host: Host, location: SandboxLocation, signal: AbortSignal): Promise<void> {
  const present: string[] = [];
  for (const path of copiedConfiguration) {
    if ((await host.files.linkStatus(join("/", path))) !== undefined) present.push(path);
  }
  if (present.length === 0) return;
  // cp copies the several hundred links of these directories in a few milliseconds.
  const result = await host.commands.run(["cp", "-a", "--parents", "--", ...present, location.rootfs], {
    cwd: "/",
    acceptedExitCodes: "any",
    signal,
  });
  if (result.exitCode === 0) return;
  throw new SandkubeError({
    title: "The sandbox cannot be stored",
    message: `The host's configuration could not be copied to ${location.rootfs}: ${result.stderr.trim()}`,
    hint: `See whether there is space: df -h ${location.stateRoot}`,
    exit: "storage",
  });
}

async function linkSystemDirectories(host: Host, location: SandboxLocation): Promise<readonly string[]> {
  const mounted = ["/usr"];
  for (const name of systemNames) {
    const status = await host.files.linkStatus(join("/", name));
    if (status === undefined) continue;
    if (status.kind === "link") {
      await host.files.makeLink(await host.files.readLink(join("/", name)), join(location.rootfs, name));
    } else {
      await host.files.makeDirectory(join(location.rootfs, name));
      mounted.push(join("/", name));
    }
  }
  return mounted;
}

async function makeMountPoint(host: Host, location: SandboxLocation, mount: SandboxMount): Promise<void> {
  const refuse = (because: string): never => {
    throw new SandkubeError({
      title: "Unusable mount",
      message: `${mount.source} cannot be mounted at ${mount.target} in sandbox "${location.name}": ${because}.`,
      exit: "usage",
    });
  };
  for (const path of [mount.source, mount.target]) {
    if (!path.startsWith("/") || normalize(path) !== path) refuse(`${path} is not a plain absolute path`);
  }
  const source = await host.files.status(mount.source);
  if (source === undefined) return refuse("there is no such file or directory on the host");
  if (mount.target === "/usr" || mount.target.startsWith("/usr/")) refuse("/usr is the host's and read-only");
  await refuseLinks(host, location, mount.target, refuse);
  const target = join(location.rootfs, mount.target);
  if (source.kind === "directory") await host.files.makeDirectory(target);
  else if ((await host.files.status(target)) === undefined) await host.files.write(target, "");
}

/** A link on the way to the mount point would lead out of the root directory, into the host's files. */
async function refuseLinks(
  host: Host,
  location: SandboxLocation,
  target: string,
  refuse: (because: string) => never,
): Promise<void> {
  for (let path = target; path !== "/"; path = dirname(path)) {
    const status = await host.files.linkStatus(join(location.rootfs, path));
    if (status?.kind === "link") refuse(`${path} is a link in the sandbox`);
  }
}
