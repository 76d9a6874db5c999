// Builds dist/: a few files in place of some 900 modules, because each one that
// is opened costs a millisecond or more in gVisor (docs/adr/0006-bundled.md).
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const outdir = "dist";

/** @type {import("esbuild").BuildOptions} */
const common = {
  outdir,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Not minified: a stack trace names our functions, and it starts no later.
  sourcemap: true,
  metafile: true,
  // Some libraries are CommonJS and ask for Node's own modules by require().
  banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
  logLevel: "warning",
};

const results = await Promise.all([
  // A command loads only what it needs. Chunks lie as deep below the package as what they are
  // made of, src/FOLDER/: src/host/package-root.ts counts on it.
  build({
    ...common,
    entryPoints: { "cli/main": "src/cli/main.ts" },
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  }),
  // What outlives a command is one file with nothing to load later: a build may replace the chunks meanwhile.
  build({ ...common, entryPoints: { "cli/supervisor": "src/cli/supervisor.ts" } }),
  build({ ...common, entryPoints: { "cli/service-relay": "src/cli/service-relay.ts" } }),
  build({ ...common, entryPoints: { "cli/published-ports": "src/cli/published-ports.ts" } }),
]);

const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
const notices = join(outdir, "THIRD-PARTY-NOTICES");
await writeFile(notices, await noticesOf(inputs));

// Only now, so that a program which starts meanwhile finds the old files or the new.
const made = new Set([...results.flatMap(({ metafile }) => Object.keys(metafile.outputs)), notices]);
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(path)) await rm(path);
}

/** The licences of the packages that are in the bundles, which ask to go along. */
async function noticesOf(paths) {
  const packages = new Set(paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = await Promise.all(
    [...packages].sort().map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
      const text = file === undefined ? "" : `\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
      return `${name} ${version} (${license})\n${text}`;
    }),
  );
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
