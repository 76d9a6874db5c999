import { SandkubeError } from "../contract/sandkube-error.ts";

/**
 * The grammar of https://github.com/distribution/reference (reference.go), with
 * the domain already split off.
 */
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const domainPattern = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/**
 * The full name of an image, as containerd and CRI store it: `busybox` becomes
 * `docker.io/library/busybox:latest`.
 *
 * @throws SandkubeError (usage) where it is not a reference
 */
export function normalizeReference(reference: string): string {
  const [named, digest] = splitOnce(reference, "@");
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  const hasDomain = first === "localhost" || /[.:A-Z]/.test(first);
  const domain = hasDomain ? first : "docker.io";
  const rest = hasDomain ? named.slice(slash + 1) : named;
  const [shortPath, tag] = splitOnce(rest, ":");
  const official = (domain === "docker.io" || domain === "index.docker.io") && !shortPath.includes("/");
  const path = official ? `library/${shortPath}` : shortPath;
  const valid =
    reference.length <= 512 &&
    domainPattern.test(domain) &&
    pathPattern.test(path) &&
    (tag === undefined || tagPattern.test(tag)) &&
    (digest === undefined || digestPattern.test(digest));
  if (!valid) {
    throw new SandkubeError({
      title: "Not an image reference",
      message: `${JSON.stringify(reference.slice(0, 200))} is not the name of an image.`,
      hint: "A reference looks like registry.example/team/app:1.0, in lower case.",
      exit: "usage",
    });
  }
  const name = `${domain === "index.docker.io" ? "docker.io" : domain}/${path}`;
  // A digest says all; containerd drops the tag beside it (reference.ParseDockerRef).
  if (digest !== undefined) return `${name}@${digest}`;
  return `${name}:${tag ?? "latest"}`;
}

/** The tag of a full reference; undefined where it names a digest. */
export function tagOf(reference: string): string | undefined {
  return /:([\w.-]+)$/.exec(reference.split("@")[0] ?? "")?.[1];
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
