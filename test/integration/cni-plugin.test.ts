import { join } from "node:path";
import { expect, test } from "vitest";
import { localHost } from "../../src/host/local-host.ts";

const { commands } = localHost();
const go = await commands.find("go");
const because = process.geteuid?.() !== 0 ? "links take root" : go === undefined ? "there is no go" : undefined;
if (because !== undefined) process.stderr.write(`the CNI plugin's own tests: skipped: ${because}\n`);

test.skipIf(because !== undefined)(
  "the CNI plugin passes its own tests, all of them",
  { timeout: 600_000 },
  async () => {
    const module = join(import.meta.dirname, "../../go/cni");
    const run = (...words: readonly string[]): ReturnType<typeof commands.run> =>
      commands.run([go ?? "", "-C", module, ...words], { acceptedExitCodes: "any", timeout: 590_000 });
    const vet = await run("vet", "./...");
    expect(vet.exitCode, vet.stderr).toBe(0);
    const { exitCode, stdout, stderr } = await run("test", "-count=1", "-v", "./...");
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(stdout).toContain("--- PASS: TestHostNetworkOnlyIsAvailableAndRefusesPods");
    expect(stdout).not.toMatch(/^\s*--- SKIP/m);
  },
);
