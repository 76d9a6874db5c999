import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordedFacts } from "../../test/fixtures/recorded-facts.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { localHost } from "../host/local-host.ts";
import { loadFacts, parseFacts, saveFacts } from "./facts-file.ts";

const host = localHost();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-facts-"));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

function refusal(text: string): SandkubeError {
  try {
    parseFacts(text, "/x/facts.json");
  } catch (error) {
    if (error instanceof SandkubeError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a file of facts", () => {
  it("gives back what was saved", async () => {
    const path = join(directory, "facts.json");
    const facts = recordedFacts("agent-2026-07");
    await saveFacts(path, facts, host);
    const loaded = await loadFacts(path, host);
    expect([...loaded.entries()]).toEqual([...facts.entries()]);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      schema: "sandkube.dev/facts/v1",
      schemaVersion: 1,
    });
  });

  it("that does not exist is not found", async () => {
    const loading = loadFacts(join(directory, "none.json"), host);
    await expect(loading).rejects.toMatchObject({ name: "SandkubeError", exit: "notFound" });
  });

  it("that is a directory cannot be read", async () => {
    await expect(loadFacts(directory, host)).rejects.toMatchObject({ name: "SandkubeError", exit: "storage" });
  });

  it("that cannot be written is said so", async () => {
    await writeFile(join(directory, "plain"), "");
    const saving = saveFacts(join(directory, "plain", "facts.json"), recordedFacts("plain-linux"), host);
    await expect(saving).rejects.toMatchObject({ name: "SandkubeError", exit: "storage" });
  });

  const whole = (): Record<string, unknown> => ({
    schema: "sandkube.dev/facts/v1",
    schemaVersion: 1,
    recordedAt: "2026-11-24T00:00:00.000Z",
    facts: { cpus: { kind: "measured", value: { count: 2 }, exhibits: [] } },
  });

  it("may hold facts of probes that this version does not have", () => {
    const facts = { ...(whole()["facts"] as object), "of-tomorrow": { kind: "measured", value: 1, exhibits: [] } };
    expect([...parseFacts(JSON.stringify({ ...whole(), facts }), "x").entries()].map(([id]) => id)).toEqual(["cpus"]);
  });

  it.each([
    ["empty", "", /empty/],
    ["cut off", JSON.stringify(whole()).slice(0, 80), /ends too early/],
    ["not JSON", "{facts}", /not JSON/],
    ["another document", '{"kind":"Pod"}', /schema/],
    ["without facts", JSON.stringify({ ...whole(), facts: {} }), /no fact/],
    [
      "with a value that makes no sense",
      JSON.stringify({ ...whole(), facts: { cpus: { kind: "measured", value: { count: "two" }, exhibits: [] } } }),
      /the fact cpus/,
    ],
  ])("that is %s is refused", (_, text, reason) => {
    const error = refusal(text);
    expect(error.message).toMatch(reason);
    expect(error.message).toContain("/x/facts.json");
    expect(error.exit).toBe("storage");
    expect(error.hint).toBeDefined();
  });

  it("from a newer version is refused by name, not as broken", () => {
    const error = refusal(JSON.stringify({ ...whole(), schema: "sandkube.dev/facts/v2", schemaVersion: 2 }));
    expect(error.title).toMatch(/newer version/);
  });
});
