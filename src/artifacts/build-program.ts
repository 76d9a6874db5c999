import { join } from "node:path";
import { arch } from "node:process";
import type { ArtifactContext, CSource, GoSource, NativeSource } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { goBuildArguments, goBuildEnvironment } from "./build-flags.ts";
import { buildFailure } from "./build-failure.ts";
import { GoBuildProgress } from "./go-build-progress.ts";
import { nativeFiles, sourceFolder, type Recipe } from "./recipe.ts";

/** Milliseconds after which a build is given up. The largest takes 7 minutes on 2 cores. */
const buildTimeout = 45 * 60_000;
/** Milliseconds between two progress details. */
const heartbeat = 1000;
const quotedLines = 20;

/** Where a build writes. */
export interface BuildOutput {
  /** The binary. */
  readonly path: string;
  /** A directory for what is only needed on the way; it is removed afterwards, however the build ends. */
  readonly scratch: string;
}

/**
 * Builds a Go program.
 *
 * @param detail told every second what is being compiled and for how long
 * @throws SandkubeError (artifact, storage) with the last lines of the build
 */
export async function buildGo(
  recipe: Recipe,
  source: GoSource,
  output: BuildOutput,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const [verb = "", ...flags] = goBuildArguments(source, recipe.version);
  await context.host.files.makeDirectory(output.scratch);
  await runBuild(
    recipe,
    ["go", verb, "-o", output.path, ...flags],
    sourceFolder(source),
    // What a killed build leaves in its temporary directory then goes with ours.
    { ...goBuildEnvironment(source, arch), GOTMPDIR: output.scratch },
    context,
    detail,
  );
}

/**
 * Builds a one-file C program of a Go module; Go fetches the module and checks it by go.sum.
 *
 * @throws SandkubeError (artifact, storage) with the last lines of the build
 */
export async function buildC(
  recipe: Recipe,
  source: CSource,
  output: BuildOutput,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const folder = sourceFolder(source);
  const fetch = ["go", "mod", "download", "-json", source.module] as const;
  const { stdout } = await runBuild(recipe, fetch, folder, { GOWORK: "off" }, context, detail);
  const { Dir: directory } = JSON.parse(stdout) as { readonly Dir: string };
  const file = join(directory, source.file);
  await runBuild(recipe, ["cc", ...source.flags, "-o", output.path, file], folder, {}, context, detail);
}

/**
 * Builds a C program of our own.
 *
 * @throws SandkubeError (artifact, storage) with the last lines of the build
 */
export async function buildNative(
  recipe: Recipe,
  source: NativeSource,
  output: BuildOutput,
  context: ArtifactContext,
  detail: (text: string) => void,
): Promise<void> {
  const files = await nativeFiles(source, context.host.files, /\.c$/);
  await runBuild(recipe, ["cc", ...source.flags, "-o", output.path, ...files], "/", {}, context, detail);
}

async function runBuild(
  recipe: Recipe,
  argv: readonly [string, ...string[]],
  cwd: string,
  environment: Readonly<Record<string, string>>,
  { host, signal }: ArtifactContext,
  detail: (text: string) => void,
): Promise<{ readonly stdout: string }> {
  const { source } = recipe.artifact;
  const main = source.kind === "go" && source.package !== "." ? source.package : recipe.goModule?.path;
  const progress = new GoBuildProgress(main);
  const start = host.clock.monotonic();
  const ended = new AbortController();
  const beat = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const seconds = Math.round((host.clock.monotonic() - start) / 1000);
      if (seconds > 0) detail(`${progress.text}, ${String(seconds)} s`);
      await host.clock.sleep(heartbeat, ended.signal).catch(() => undefined);
    }
  };
  const beating = beat();
  try {
    const result = await host.commands.run(argv, {
      cwd,
      environment,
      timeout: buildTimeout,
      acceptedExitCodes: "any",
      signal,
      onLine: (line) => {
        progress.line(line);
      },
    });
    if (result.exitCode === 0) return result;
    throw buildFailure(recipe.artifact.name, progress.lastLines(quotedLines), result.milliseconds, host.environment);
  } catch (error) {
    // A time limit or a signal from outside; the progress tells more than the whole output.
    if (error instanceof SandkubeError && error.exit === "internal") {
      throw new SandkubeError({
        title: `${recipe.artifact.name} could not be built`,
        message: `The build did not end by itself. Last seen: ${progress.text}.`,
        exit: "artifact",
        cause: error,
      });
    }
    throw error;
  } finally {
    ended.abort();
    await beating;
  }
}
