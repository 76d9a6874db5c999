import { arch } from "node:process";
import type { Artifact, ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { goBuildEnvironment } from "./build-flags.ts";
import { bundleHint } from "./bundle-hint.ts";
import { isAtLeast, type GoModule } from "./go-module.ts";
import { sourceFolder, type Recipe } from "./recipe.ts";

/** What would build an artifact on this machine, or why nothing can. */
export type Toolchain =
  | { readonly ok: true; /** Everything of it that shapes the binary. */ readonly description: string }
  | {
      readonly ok: false;
      /** Packages of the system bring a C compiler; Go, or one that is new enough, they do not. */
      readonly lacks: "go" | "cc";
      readonly error: SandkubeError;
    };

/** The settings of Go that change what it builds; the folders, proxies and caches do not. */
const settings = ["GOVERSION", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFLAGS"];
const cgoSettings = ["CC", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_LDFLAGS"];

/** Looks at the toolchain that an artifact needs. */
export async function readToolchain(recipe: Recipe, context: ArtifactContext): Promise<Toolchain> {
  const { source } = recipe.artifact;
  if (source.kind === "debian") return { ok: true, description: "" };
  const { commands } = context.host;
  const go = source.kind === "go" ? await readGo(recipe, context) : { ok: true as const, description: "" };
  if (!go.ok || (source.kind === "go" && !source.cgo)) return go;
  // Go only fetches what such a program is made of, so its version does not matter.
  if (source.kind === "c" && (await commands.find("go")) === undefined) return missingGo(recipe);
  if ((await commands.find("cc")) === undefined) {
    const hint = `Install a C compiler: apt-get install gcc libc6-dev. ${bundleHint}`;
    return { ok: false, lacks: "cc", error: missing("cc", recipe.artifact, hint) };
  }
  const { stdout } = await commands.run(["cc", "--version"], { signal: context.signal });
  return { ok: true, description: [go.description, stdout.split("\n")[0]].filter(Boolean).join("; ") };
}

/** Go chooses its version by the go.mod of the folder it runs in (https://go.dev/doc/toolchain). */
async function readGo(recipe: Recipe, { host, signal }: ArtifactContext): Promise<Toolchain> {
  const { artifact, goModule } = recipe;
  const { source } = artifact;
  if (source.kind !== "go" || goModule === undefined) throw new Error(`${artifact.name} is not built by Go`);
  if ((await host.commands.find("go")) === undefined) return missingGo(recipe);
  const names = source.cgo ? [...settings, ...cgoSettings] : settings;
  const answer = await host.commands.run(["go", "env", "-json", ...names], {
    cwd: sourceFolder(source),
    environment: goBuildEnvironment(source, arch),
    // It may fetch the Go version that go.mod asks for, where GOTOOLCHAIN allows it.
    timeout: 300_000,
    acceptedExitCodes: "any",
    signal,
  });
  const values = answer.exitCode === 0 ? (JSON.parse(answer.stdout) as Readonly<Record<string, string>>) : {};
  const version = values["GOVERSION"];
  if (version !== undefined && isAtLeast(version, goModule.go)) {
    return {
      ok: true,
      description: names
        .filter((name) => (values[name] ?? "") !== "")
        .map((name) => (name === "GOVERSION" ? version : `${name}=${values[name] ?? ""}`))
        .join(" "),
    };
  }
  const said = answer.stderr.trim().split("\n").at(-1);
  return {
    ok: false,
    lacks: "go",
    error: new SandkubeError({
      title: `${artifact.name} cannot be built with the Go on this machine`,
      message: `Go ${goModule.go} or newer is needed; ${version === undefined ? `go says: ${said ?? ""}` : `this is ${version}`}.`,
      hint: goHint(goModule),
      exit: "unsupported",
    }),
  };
}

function missingGo({ artifact, goModule }: Recipe): Toolchain {
  return { ok: false, lacks: "go", error: missing("go", artifact, goHint(goModule)) };
}

function goHint(goModule: GoModule | undefined): string {
  return `Install Go ${goModule?.go ?? ""} or newer (https://go.dev/dl/) and put it on the PATH. ${bundleHint}`;
}

function missing(program: string, artifact: Artifact, hint: string): SandkubeError {
  return new SandkubeError({
    title: `${artifact.name} cannot be built on this machine`,
    message: `${program} is not on the PATH.`,
    hint,
    exit: "unsupported",
  });
}
