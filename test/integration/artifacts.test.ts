import { cp, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanArtifacts } from "../../src/artifacts/clean-artifacts.ts";
import { ensureArtifacts, findArtifact } from "../../src/artifacts/ensure-artifacts.ts";
import { listArtifacts } from "../../src/artifacts/list-artifacts.ts";
import type { Artifact, ArtifactContext, DebianSource } from "../../src/contract/artifact.ts";
import type { Commands, Host } from "../../src/contract/host.ts";
import type { ProgressEvent } from "../../src/contract/progress.ts";
import { localHost } from "../../src/host/local-host.ts";

const real = localHost();
const fixture = new URL("../fixtures/go-program", import.meta.url).pathname;

let scratch: string;
let cache: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "sandkube-artifacts-"));
  cache = join(scratch, "cache", "artifacts");
  await cp(fixture, join(scratch, "program"), { recursive: true });
});

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true });
});

/** The fixture program, or another copy of it. */
function program(name = "program"): Artifact {
  const folder = join(scratch, "program");
  const stamps = (version: string): Record<string, string> => ({ "main.version": version });
  return { name, source: { kind: "go", folder, package: ".", cgo: false, stamps }, links: [`${name}-link`] };
}

interface Session {
  readonly context: ArtifactContext;
  readonly events: ProgressEvent[];
  readonly abort: AbortController;
  /** How often `go build` ran. */
  builds: number;
  /** How often a file was hashed. */
  hashed: number;
}

/** Something to wait at until it is opened. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    opened,
    open: () => {
      open();
    },
  };
}

interface SessionOptions {
  readonly catalogue?: readonly Artifact[];
  /** Runs before each `go build`. */
  readonly beforeBuild?: () => Promise<void>;
  /** Answers in place of a program. */
  readonly run?: (argv: readonly string[], cwd: string) => Promise<boolean>;
}

/** One sandkube process, as far as the cache can tell. */
function session(options: SessionOptions = {}): Session {
  const events: ProgressEvent[] = [];
  const abort = new AbortController();
  const commands: Commands = {
    find: (name) => real.commands.find(name),
    run: async (argv, runOptions) => {
      if (await options.run?.(argv, runOptions?.cwd ?? "")) {
        return { argv, exitCode: 0, stdout: "", stderr: "", milliseconds: 1 };
      }
      if (argv[0] === "go" && argv[1] === "build") {
        self.builds += 1;
        await options.beforeBuild?.();
      }
      return real.commands.run(argv, runOptions);
    },
  };
  const files = Object.assign(Object.create(real.files) as Host["files"], {
    sha256: (path: string) => {
      self.hashed += 1;
      return real.files.sha256(path);
    },
  });
  const environment = { ...real.environment, SANDKUBE_CACHE_DIR: dirname(cache) };
  const context: ArtifactContext = {
    host: { ...real, commands, files, environment },
    progress: (event) => events.push(event),
    signal: abort.signal,
    catalogue: options.catalogue ?? [program()],
  };
  const self: Session = { context, events, abort, builds: 0, hashed: 0 };
  return self;
}

async function ensure(within: Session, name = "program"): Promise<string> {
  const path = (await ensureArtifacts([name], within.context)).get(name);
  if (path === undefined) throw new Error("ensureArtifacts left the name out");
  return path;
}

async function output(path: string): Promise<string> {
  return (await real.commands.run([path])).stdout;
}

function warnings({ events }: Session): readonly string[] {
  return events.flatMap((event) => (event.kind === "warning" ? [event.text] : []));
}

/** Changes one byte of a file and puts its modification time back, as a bad disk would. */
async function corrupt(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
  await utimes(path, atime, mtime);
}

describe("the artifact cache", () => {
  it("builds once, and afterwards only looks", async () => {
    const first = session();
    const path = await ensure(first);
    const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
    expect(await output(path)).toBe(`program ${version}\n`);
    expect(await output(join(dirname(path), "program-link"))).toBe(`program ${version}\n`);
    expect(first.builds).toBe(1);
    expect(first.events).toContainEqual(
      expect.objectContaining({ kind: "finished", step: `build program ${version}` }),
    );

    const second = session();
    expect(await ensure(second)).toBe(path);
    expect(await findArtifact("program", second.context)).toBe(path);
    expect(second).toMatchObject({ builds: 0, hashed: 0, events: [] });
    expect(await readdir(cache)).toEqual([basename(dirname(path))]);
    expect((await readdir(dirname(path))).sort()).toEqual(["manifest.json", "program", "program-link"]);
  });

  it("finds nothing before it is built, and nothing is made by looking", async () => {
    const { context } = session();
    expect(await findArtifact("program", context)).toBeUndefined();
    expect(await listArtifacts(context)).toMatchObject([{ name: "program", state: "missing" }]);
    expect(await readdir(scratch)).toEqual(["program"]);
  });

  it("builds again when a source changes, and keeps the old entry until it is cleaned", async () => {
    const before = await ensure(session());
    await writeFile(join(scratch, "program", "more.go"), 'package main\n\nfunc init() { version = "changed" }\n');
    const second = session();
    const after = await ensure(second);
    expect(after).not.toBe(before);
    expect(await output(after)).toBe("program changed\n");

    const cleaned = await cleanArtifacts(second.context, { unusedOnly: true });
    expect(cleaned.removed).toEqual([basename(dirname(before))]);
    expect(cleaned.kept).toMatchObject([{ name: basename(dirname(after)) }]);
    expect(cleaned.freed).toBeGreaterThan(100_000);
    expect(await readdir(cache)).toEqual([basename(dirname(after))]);
  });

  it("builds once when two want it at the same time", async () => {
    const waiting = gate();
    const first = session({ beforeBuild: () => waiting.opened });
    const second = session();
    const progress = second.context.progress;
    const watched: ArtifactContext = {
      ...second.context,
      progress: (event) => {
        progress(event);
        // The first one's build goes on only when the second one is seen waiting for it.
        if (event.kind === "detail" && event.detail.includes("another sandkube")) waiting.open();
      },
    };
    const started = ensure(first);
    await expect.poll(() => first.builds, { timeout: 60_000 }).toBe(1);
    const paths = await ensureArtifacts(["program"], watched);
    expect(paths.get("program")).toBe(await started);
    expect([first.builds, second.builds]).toEqual([1, 0]);
  });

  it("stops waiting for another build when cancelled", async () => {
    const held = gate();
    const first = session({ beforeBuild: () => held.opened });
    const started = ensure(first);
    await expect.poll(() => first.builds, { timeout: 60_000 }).toBe(1);
    const second = session();
    const waits = ensure(second);
    await expect.poll(() => second.events.some(({ kind }) => kind === "detail"), { timeout: 60_000 }).toBe(true);
    second.abort.abort(new Error("enough"));
    await expect(waits).rejects.toThrow("enough");
    held.open();
    expect(await output(await started)).toMatch(/^program /);
  });

  it("leaves nothing behind when cancelled in the middle", async () => {
    const cancelled = session({
      beforeBuild: () => {
        cancelled.abort.abort(new Error("enough"));
        return Promise.resolve();
      },
    });
    await expect(ensure(cancelled)).rejects.toThrow("enough");
    expect(await readdir(cache)).toEqual([]);
    expect(await output(await ensure(session()))).toMatch(/^program /);
  });

  it("makes a half-written entry again, and removes what a killed build left", async () => {
    const path = await ensure(session());
    await rm(join(dirname(path), "manifest.json"));
    await real.files.write(`${dirname(path)}.0badcafe.tmp/scratch/go-build1/x`, "left over");
    const second = session();
    expect(await listArtifacts(second.context)).toMatchObject([
      { state: "broken", because: "manifest.json is missing" },
    ]);
    expect(await findArtifact("program", second.context)).toBeUndefined();
    expect(await ensure(second)).toBe(path);
    expect(second.builds).toBe(1);
    expect(warnings(second)).toEqual([expect.stringContaining("manifest.json is missing")]);
    expect(await readdir(cache)).toEqual([basename(dirname(path))]);
  });

  it("notices a changed byte even where size and modification time are as before", async () => {
    const path = await ensure(session());
    await corrupt(path);
    const second = session();
    expect(await findArtifact("program", second.context)).toBeUndefined();
    expect(await ensure(second)).toBe(path);
    expect(warnings(second)).toEqual([expect.stringContaining("SHA-256")]);
    expect(await output(path)).toMatch(/^program /);
  });

  it("notices a shortened binary", async () => {
    const path = await ensure(session());
    await writeFile(path, "#!/bin/sh\necho wrong\n");
    const second = session();
    expect(await listArtifacts(second.context)).toMatchObject([{ state: "broken" }]);
    await ensure(second);
    expect(await output(path)).toMatch(/^program /);
  });

  it("hashes a touched binary once, and every binary when asked to verify", async () => {
    const path = await ensure(session());
    await utimes(path, new Date(0), new Date(0));
    const touched = session();
    expect(await ensure(touched)).toBe(path);
    expect(await ensure(touched)).toBe(path);
    expect(touched).toMatchObject({ builds: 0, hashed: 1 });
    expect(await listArtifacts(touched.context, { verify: true })).toMatchObject([{ state: "ready", path }]);
    expect(touched.hashed).toBe(2);
  });

  it("quotes the last lines of a failing build and leaves nothing behind", async () => {
    const broken = Array.from({ length: 30 }, (_, index) => `var x${String(index)} = missing${String(index)}`);
    await writeFile(join(scratch, "program", "broken.go"), `package main\n\n${broken.join("\n")}\n`);
    const failing = session();
    await expect(ensure(failing)).rejects.toMatchObject({
      title: "program could not be built",
      exit: "artifact",
      message: expect.stringMatching(/broken\.go:3:10: undefined: missing0/) as string,
    });
    expect(failing.events.at(-1)).toMatchObject({ kind: "failed" });
    expect(await readdir(cache)).toEqual([]);
  });

  it("does not clean what is being built", async () => {
    const held = gate();
    const first = session({ beforeBuild: () => held.opened });
    const started = ensure(first);
    await expect.poll(() => first.builds, { timeout: 60_000 }).toBe(1);
    const cleaned = await cleanArtifacts(session().context, { unusedOnly: false });
    expect(cleaned.removed).toEqual([]);
    expect(cleaned.kept).toEqual([{ name: expect.any(String) as string, because: "it is being built" }]);
    held.open();
    const path = await started;
    expect((await cleanArtifacts(session().context, { unusedOnly: false })).removed).toEqual([basename(dirname(path))]);
  });

  it("names the artifacts there are when asked for another", async () => {
    await expect(ensureArtifacts(["progrm"], session().context)).rejects.toMatchObject({
      exit: "usage",
      message: "The artifacts are program.",
    });
  });

  it("says which Go is needed", async () => {
    await writeFile(join(scratch, "program", "go.mod"), "module example.test/program\n\ngo 1.999\n");
    await expect(ensure(session())).rejects.toMatchObject({
      exit: "unsupported",
      hint: expect.stringContaining("Go 1.999 or newer") as string,
    });
  });

  it("uses what is there where there is no Go at all", async () => {
    const path = await ensure(session());
    const without = session();
    const { host } = without.context;
    const commands: Commands = {
      ...host.commands,
      find: (name) => (name === "go" ? Promise.resolve(undefined) : host.commands.find(name)),
    };
    const context = { ...without.context, host: { ...host, commands } };
    expect(await findArtifact("program", context)).toBe(path);
    expect((await ensureArtifacts(["program"], context)).get("program")).toBe(path);
    await rm(dirname(path), { recursive: true });
    await expect(ensureArtifacts(["program"], context)).rejects.toMatchObject({
      exit: "unsupported",
      message: "go is not on the PATH.",
    });
  });
});

describe("a read-only artifact cache", () => {
  const asRoot = process.getuid?.() === 0;

  /** Root writes through permission bits, so it takes a read-only mount, as a sandbox has. */
  async function freeze(directory: string): Promise<AsyncDisposable> {
    if (asRoot) {
      await real.commands.run(["mount", "--bind", directory, directory]);
      await real.commands.run(["mount", "-o", "remount,bind,ro", directory]);
    } else {
      await real.commands.run(["chmod", "-R", "a-w", directory]);
    }
    const thaw = asRoot ? (["umount", directory] as const) : (["chmod", "-R", "u+w", directory] as const);
    return {
      [Symbol.asyncDispose]: async () => {
        await real.commands.run(thaw);
      },
    };
  }

  it("is used, checked and never written", async () => {
    const path = await ensure(session());
    const manifest = await readFile(join(dirname(path), "manifest.json"), "utf8");
    await utimes(path, new Date(0), new Date(0));
    await using _frozen = await freeze(dirname(cache));
    const reader = session();
    expect(await ensure(reader)).toBe(path);
    expect(reader).toMatchObject({ builds: 0, hashed: 1, events: [] });
    expect(await readFile(join(dirname(path), "manifest.json"), "utf8")).toBe(manifest);
    await expect(cleanArtifacts(reader.context, { unusedOnly: false })).rejects.toMatchObject({ exit: "storage" });
  });

  it("names what it lacks and what to type", async () => {
    const catalogue = [program(), program("other")];
    await ensure(session({ catalogue }));
    await using _frozen = await freeze(dirname(cache));
    const reader = session({ catalogue });
    await expect(ensureArtifacts(["program", "other"], reader.context)).rejects.toMatchObject({
      exit: "artifact",
      title: "Missing in the read-only artifact cache: other",
      hint: expect.stringContaining("sandkube artifacts build other") as string,
    });
    expect(reader.builds).toBe(0);
  });
});

describe("a Debian package", async () => {
  const hasDpkg = (await real.commands.find("dpkg-deb")) !== undefined;

  /** Makes a package that holds one script, and a session in which apt fetches it. */
  async function packaged(change: Partial<DebianSource> = {}): Promise<Session> {
    const tree = join(scratch, "tree");
    await real.files.write(
      join(tree, "DEBIAN/control"),
      "Package: greet\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: x\n",
    );
    await real.files.write(join(tree, "usr/bin/greet"), "#!/bin/sh\necho hello\n", { mode: 0o755 });
    const deb = join(scratch, "greet.deb");
    await real.commands.run(["dpkg-deb", "--build", "--root-owner-group", tree, deb]);
    const source: DebianSource = {
      kind: "debian",
      package: "greet",
      version: "1.0",
      suite: "bookworm-backports",
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      sha256: await real.files.sha256(deb),
      path: "usr/bin/greet",
      ...change,
    };
    const run = async (argv: readonly string[], cwd: string): Promise<boolean> => {
      if (argv[0] !== "apt-get") return false;
      if (argv.includes("download")) await cp(deb, join(cwd, "greet_1.0_all.deb"));
      return true;
    };
    const created = session({ catalogue: [{ name: "greet", source }], run });
    const files = Object.assign(Object.create(created.context.host.files) as Host["files"], {
      list: (path: string) => (path.startsWith("/etc/apt") ? Promise.resolve([]) : real.files.list(path)),
      readTextIfPresent: (path: string) =>
        path === "/etc/apt/sources.list"
          ? Promise.resolve("deb http://mirror.test/debian bookworm main\n")
          : real.files.readTextIfPresent(path),
    });
    return { ...created, context: { ...created.context, host: { ...created.context.host, files } } };
  }

  it.runIf(hasDpkg)("is unpacked when it is the pinned one", async () => {
    const path = await ensure(await packaged(), "greet");
    expect(await output(path)).toBe("hello\n");
    expect((await readdir(dirname(path))).sort()).toEqual(["greet", "manifest.json"]);
  });

  it.runIf(hasDpkg)("is refused when it is not, and nothing is kept", async () => {
    const other = await packaged({ sha256: "0".repeat(64) });
    await expect(ensure(other, "greet")).rejects.toMatchObject({
      exit: "artifact",
      message: expect.stringContaining("0".repeat(64)) as string,
    });
    expect(await readdir(cache)).toEqual([]);
  });

  it.runIf(hasDpkg)("says so on another architecture", async () => {
    const other = await packaged({ architecture: "m68k" });
    await expect(ensure(other, "greet")).rejects.toMatchObject({
      exit: "unsupported",
      message: expect.stringContaining("m68k") as string,
    });
  });
});
