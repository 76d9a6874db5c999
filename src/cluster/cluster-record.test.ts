import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { localHost } from "../host/local-host.ts";
import { readClusterRecord, requireClusterRecord, writeClusterRecord } from "./cluster-record.ts";

const host = localHost();
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-record-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function write(text: string): Promise<void> {
  return writeFile(join(directory, "cluster.json"), text);
}

describe("the record", () => {
  it("is read as it was written, and is for the owner's eyes", async () => {
    const remedy = {
      id: "allow-swap",
      title: "Swap is allowed",
      fidelity: "exact" as const,
      clears: ["swap-on"],
      cost: "none",
      disclosure: "none",
    };
    const record = { createdAt: 1_800_000_000_000, spec: testSpec(directory), remedies: [remedy] };
    await writeClusterRecord(record, host);
    expect(await readClusterRecord(directory, host)).toEqual({ schemaVersion: 1, ...record });
    expect((await host.files.status(join(directory, "cluster.json")))?.mode).toBe(0o600);
    expect(await readFile(join(directory, "cluster.json"), "utf8")).toContain("\n"); // for people, too
  });

  it("is nothing where there is none", async () => {
    expect(await readClusterRecord(directory, host)).toBeUndefined();
    expect(await readClusterRecord(join(directory, "absent"), host)).toBeUndefined();
  });

  it("of a newer sandkube is a conflict that names both versions, and is not touched", async () => {
    await write('{"schemaVersion": 7, "future": true}');
    await expect(readClusterRecord(directory, host)).rejects.toMatchObject({
      title: "The state is from a newer sandkube",
      message: `${directory}/cluster.json has schema version 7; this sandkube knows 1.`,
      exit: "conflict",
    });
    expect(await readFile(join(directory, "cluster.json"), "utf8")).toBe('{"schemaVersion": 7, "future": true}');
  });

  it.each([["{"], [""], ["null"], ["[]"], ['"text"'], ["{}"], ['{"schemaVersion": 1}'], ['{"schemaVersion": "1"}']])(
    "that is damaged is a storage error: %j",
    async (text) => {
      await write(text);
      await expect(readClusterRecord(directory, host)).rejects.toMatchObject({
        title: "The cluster's record is damaged",
        exit: "storage",
        message: expect.stringContaining(`${directory}/cluster.json`) as string,
      });
    },
  );

  it("that cannot be read is a storage error", async () => {
    await mkdir(join(directory, "cluster.json"));
    await expect(readClusterRecord(directory, host)).rejects.toMatchObject({ exit: "storage" });
  });
});

it("a cluster that has to exist and does not is named, with the place", async () => {
  await expect(requireClusterRecord("one", directory, host)).rejects.toMatchObject({
    title: 'There is no cluster "one"',
    message: expect.stringContaining(directory) as string,
    exit: "notFound",
  });
});
