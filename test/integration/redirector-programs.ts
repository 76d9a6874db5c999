import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalogue } from "../../src/artifacts/catalogue.ts";
import { nativeFiles } from "../../src/artifacts/recipe.ts";
import { localHost } from "../../src/host/local-host.ts";

const programs = join(import.meta.dirname, "../fixtures/programs/redirector");
const goReader = join(import.meta.dirname, "../fixtures/go-reader");

/** The redirector, as it is shipped and with checks of its memory, and the programs that it is tried on. */
export interface RedirectorPrograms {
  readonly directory: string;
  readonly release: string;
  readonly sanitized: string;
  readonly pathCases: string;
  readonly storm: string;
  /** Undefined where there is no Go. */
  readonly goReader: string | undefined;
  /** What the sanitizers found. */
  readonly findings: () => Promise<readonly string[]>;
}

/** Compiles everything into a new directory. */
export async function buildPrograms(): Promise<RedirectorPrograms> {
  const directory = await mkdtemp(join(tmpdir(), "sandkube-redirector-"));
  const source = catalogue.find(({ name }) => name === "proc-sys-redirector")?.source;
  if (source?.kind !== "native") throw new Error("the redirector is not in the catalogue");
  const files = await nativeFiles(source, localHost().files, /\.c$/);
  const compile = (name: string, ...words: readonly string[]): string => {
    execFileSync("cc", [...words, "-o", join(directory, name)], { stdio: ["ignore", "ignore", "inherit"] });
    return join(directory, name);
  };
  const sanitizers = ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"];
  const fixture = ["-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread"];
  return {
    directory,
    release: compile("release", ...source.flags, ...files),
    sanitized: compile("sanitized", ...sanitizers, "-fno-sanitize-recover=all", ...files),
    pathCases: compile("path-cases", ...fixture, join(programs, "path-cases.c")),
    storm: compile("storm", ...fixture, join(programs, "storm.c")),
    goReader: buildGo(join(directory, "reader")),
    findings: async () => (await readdir(directory)).filter((name) => name.startsWith("found.")),
  };
}

function buildGo(path: string): string | undefined {
  const { error } = spawnSync("go", ["version"]);
  if (error !== undefined) return undefined;
  // No libc and no dynamic linker: what LD_PRELOAD cannot reach.
  execFileSync("go", ["build", "-o", path, "."], { cwd: goReader, env: { ...process.env, CGO_ENABLED: "0" } });
  return path;
}

/** Directories to redirect from and to, and an empty one; `real` differs from `other` wherever a file is in both. */
export interface Trees {
  readonly from: string;
  readonly to: string;
  readonly empty: string;
  readonly outside: string;
}

/** Makes the trees anew. */
export async function makeTrees(directory: string): Promise<Trees> {
  const trees = { from: "from", to: "to", empty: "empty", outside: "outside" } as const;
  const path = (...words: readonly string[]): string => join(directory, ...words);
  const contents: Readonly<Record<string, string>> = {
    "from/kernel/a": "real a",
    "from/kernel/real-only": "real only",
    "from/kernel/written": "real written",
    "from/kernel/link": "real link",
    "from/linked/x": "real x",
    "from-other/a": "another directory",
    "outside/x": "outside",
    "to/kernel/a": "the other a",
    "to/kernel/written": "the other written",
    "to/made/b": "the other b",
  };
  for (const name of [...Object.values(trees), "from-other"]) await rm(path(name), { recursive: true, force: true });
  await mkdir(path(trees.empty), { recursive: true });
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(path(name, ".."), { recursive: true });
    await writeFile(path(name), `${content}\n`);
  }
  await symlink("../../outside/x", path("to/kernel/link"));
  await symlink("../outside", path("to/linked"));
  return { from: path("from"), to: path("to"), empty: path("empty"), outside: path("outside") };
}
