import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { localArchitecture, type ImageDescription } from "./build-image.ts";
import type { LayerEntry } from "./layer.ts";
import { needsLoader } from "./static-binary.ts";

const repository = "docker.io/library/busybox";

/** What a busybox says of itself. */
export interface BusyboxFacts {
  /** Its first line: "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary." */
  readonly banner: string;
  /** `1.35.0` */
  readonly version: string;
  /** Where its applets belong: `bin/sh`, `usr/sbin/httpd`. */
  readonly applets: readonly string[];
}

/**
 * Asks a busybox what it is. Costs two processes.
 *
 * @throws SandkubeError (artifact) where the binary is not a static busybox that runs here
 */
export async function askBusybox(host: Host, binary: string, signal: AbortSignal): Promise<BusyboxFacts> {
  if (await needsLoader(host.files, binary)) {
    throw new SandkubeError({
      title: "Not a static busybox",
      message: `${binary} is linked dynamically, and the image would hold none of its libraries.`,
      hint: "Install Debian's busybox-static in place of busybox, or name another static busybox.",
      exit: "artifact",
    });
  }
  const banner = (await host.commands.run([binary], { signal })).stdout.split("\n", 1)[0] ?? "";
  const version = /^BusyBox v(\d+\.\d+(?:\.\d+)?)\b/.exec(banner)?.[1];
  if (version === undefined) {
    throw new SandkubeError({
      title: "Not a busybox",
      message: `${binary} should print its version, but printed: ${JSON.stringify(banner.slice(0, 200))}`,
      hint: "Install Debian's busybox-static, or name another static busybox.",
      exit: "artifact",
    });
  }
  const list = await host.commands.run([binary, "--list-full"], { signal });
  return { banner, version, applets: list.stdout.split("\n").filter((path) => path !== "") };
}

/**
 * A small image to run things in, around a static busybox such as that of
 * Debian's package `busybox-static`. Its tags are the binary's own version
 * (`1.35.0` and `1.35`) and `latest`; every applet is a link, so
 * `httpd -f -p 8080 -h /var/www` makes it a web server.
 *
 * @param binary the path of the static busybox on this machine
 */
export function busyboxImage(binary: string, facts: BusyboxFacts): ImageDescription {
  const minor = facts.version.split(".").slice(0, 2).join(".");
  return {
    references: [...new Set([facts.version, minor, "latest"])].map((tag) => `${repository}:${tag}`),
    architecture: localArchitecture(),
    entries: [
      { kind: "file", path: "bin/busybox", mode: 0o755, content: { source: binary } },
      ...appletLinks(facts.applets),
      ...skeleton,
    ],
    config: {
      cmd: ["sh"],
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      labels: { "org.opencontainers.image.description": `Built on this machine by sandkube around ${facts.banner}` },
    },
  };
}

/** Symbolic links: a snapshotter that copies (native) copies a link and not a binary. */
function appletLinks(applets: readonly string[]): readonly LayerEntry[] {
  return applets
    .filter((path) => path !== "bin/busybox")
    .map((path) => ({ kind: "symbolic-link", path, target: "/bin/busybox" }));
}

const skeleton: readonly LayerEntry[] = [
  {
    kind: "file",
    path: "etc/passwd",
    content: [
      "root:x:0:0:root:/root:/bin/sh",
      "daemon:x:1:1:daemon:/usr/sbin:/bin/false",
      "www-data:x:33:33:www-data:/var/www:/bin/false",
      "nobody:x:65534:65534:nobody:/home:/bin/false",
      "",
    ].join("\n"),
  },
  {
    kind: "file",
    path: "etc/group",
    content: ["root:x:0:", "daemon:x:1:", "tty:x:5:", "www-data:x:33:", "nogroup:x:65534:", ""].join("\n"),
  },
  // The kubelet mounts its own over it in every pod but those of the host's network.
  { kind: "file", path: "etc/hosts", content: "127.0.0.1\tlocalhost\n::1\tlocalhost\n" },
  { kind: "directory", path: "tmp", mode: 0o1777 },
  { kind: "directory", path: "root", mode: 0o700 },
  { kind: "directory", path: "home" },
  { kind: "directory", path: "var/www" },
];
