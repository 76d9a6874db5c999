import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ensureArtifacts } from "../../src/artifacts/ensure-artifacts.ts";
import { localHost } from "../../src/host/local-host.ts";
import { cannotTest, testSession, type Outcome } from "./machine.ts";

const title = "the proposals to upstream, by their own scripts";
const because = cannotTest();
if (because !== undefined) process.stderr.write(`${title}: skipped: ${because}\n`);

const go = await localHost().commands.find("go");
const root = join(import.meta.dirname, "../..");
const documents = join(root, "docs/upstream");

const gvisors = [
  { version: "20221219", flags: ["--platform=ptrace"] },
  { version: "20240729", flags: [] },
  { version: "20260701", flags: [] },
] as const;

async function runsc(version: string): Promise<string> {
  const name = `runsc-${version}`;
  return (await ensureArtifacts([name], testSession())).get(name) ?? "";
}

function run(
  argv: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return localHost().commands.run(argv, { acceptedExitCodes: "any", timeout: 300_000, environment });
}

function answersOf(stdout: string): Readonly<Record<string, string>> {
  const lines = [...stdout.matchAll(/^(.+)\t(.+)$/gm)];
  return Object.fromEntries(lines.map(([, name = "", answer = ""]) => [name, answer]));
}

/** What the reference claims of a gVisor version, by the name of a row. */
function claims(column: number): Readonly<Record<string, string>> {
  const page = readFileSync(join(documents, "gvisor-kubernetes-reference.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([^`]+)` +\|(.*)\|$/gm)];
  return Object.fromEntries(rows.map(([, name = "", cells = ""]) => [name, cells.split("|")[column]?.trim() ?? ""]));
}

describe.skipIf(because !== undefined)(title, { timeout: 600_000 }, () => {
  test.each(gvisors)(
    "gVisor $version gives what the reference says, and lacks the rest",
    async ({ version, flags }) => {
      const script = join(documents, "reproduce/what-the-kernel-gives.sh");
      const sandbox = ["--network=none", "--net-raw", "--ignore-cgroups", "do", "sh", script];
      const { stdout, stderr } = await run([await runsc(version), ...flags, ...sandbox]);
      expect(answersOf(stdout), stderr).toEqual(claims(gvisors.findIndex((gvisor) => gvisor.version === version)));
    },
  );

  test.skipIf(go === undefined)("cAdvisor says of the root filesystem what its proposal quotes", async () => {
    const script = join(documents, "reproduce/cadvisor-9p.sh");
    const { stdout, stderr } = await run(["sh", script, await runsc("20260701")]);
    expect(stdout, stderr).not.toBe("");
    expect(readFileSync(join(documents, "cadvisor-9p.md"), "utf8")).toContain(stdout);
  });

  test("the kubelet ends as its proposal quotes, with one setting left out at a time", async () => {
    const script = join(documents, "reproduce/kubelet-refusals.sh");
    const experiments = ["without-allow-cgroup-v1", "without-empty-kernel-log", "without-local-storage-accounting-off"];
    const sandkube = `${process.execPath} ${join(root, "dist/cli/main.js")}`;
    const { stdout, stderr } = await run(["sh", script, "20260701", ...experiments], { SANDKUBE: sandkube });
    expect(
      stdout.split("\n").filter((line) => experiments.includes(line)),
      stderr,
    ).toEqual(experiments);
    const page = readFileSync(join(documents, "kubernetes-in-sandboxes.md"), "utf8");
    for (const words of stdout.trim().split("\n")) expect(page).toContain(words);
  });
});
