/** What a go.mod says, as far as it matters here. */
export interface GoModule {
  /** The module's own path. */
  readonly path: string;
  /** The oldest Go that may build it, such as "1.26.5". */
  readonly go: string;
  /** The pinned version of each module, such as "v1.36.3". */
  readonly versions: ReadonlyMap<string, string>;
}

/** Reads a go.mod (https://go.dev/ref/mod#go-mod-file). Replacements are not followed. */
export function parseGoModule(text: string): GoModule {
  const versions = new Map<string, string>();
  let path = "";
  let go = "1";
  let block: string | undefined;
  for (const raw of text.split("\n")) {
    const words = raw
      .replace(/\/\/.*/, "")
      .trim()
      .split(/\s+/);
    const [first = ""] = words;
    if (first === ")") block = undefined;
    else if (words[1] === "(") block = first;
    else if (first === "module" && block === undefined) path = words[1] ?? path;
    else if (first === "go" && block === undefined) go = words[1] ?? go;
    else {
      const [required, version] = first === "require" ? words.slice(1) : words;
      if ((first === "require" || block === "require") && required !== undefined && version !== undefined) {
        versions.set(required, version);
      }
    }
  }
  return { path, go, versions };
}

/** Whether a Go version, such as "go1.26.8" or "go1.27rc1", is at least the one that a go.mod names. */
export function isAtLeast(version: string, wanted: string): boolean {
  const numbers = (text: string): number[] => (/\d+(\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
  const have = numbers(version);
  for (const [index, want] of numbers(wanted).entries()) {
    const difference = (have[index] ?? 0) - want;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
