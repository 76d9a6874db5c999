import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import type { Observation, Probe } from "../contract/observation.ts";
import { localHost } from "../host/local-host.ts";
import { probes } from "./catalogue.ts";
import { measureAll, type MeasureOptions } from "./measure-all.ts";

function options(more: Partial<MeasureOptions> = {}): MeasureOptions {
  return {
    host: localHost(),
    subject: { stateDirectory: `${tmpdir()}/sandkube-not-there/deeper` },
    signal: new AbortController().signal,
    ...more,
  };
}

function probe(id: string, measure: Probe<unknown>["measure"]): Probe<unknown> {
  return { id, title: id, measure };
}

const answers: Observation<unknown> = { kind: "measured", value: 1, exhibits: [] };

describe("measureAll", () => {
  it("gives up on a probe that hangs, and ends what it started", async () => {
    let aborted = false;
    const hanging = probe("hanging", (_host, signal) => {
      signal.addEventListener("abort", () => (aborted = true));
      return new Promise(() => undefined);
    });
    const quick = probe("quick", () => Promise.resolve(answers));
    const facts = await measureAll([hanging, quick], options({ timeout: 30 }));
    expect(facts.of(hanging)).toMatchObject({
      kind: "inconclusive",
      because: "hanging did not answer within 30 ms",
    });
    expect(facts.of(quick)).toEqual(answers);
    expect(aborted).toBe(true);
  });

  it("takes an exception for an answer that could not tell", async () => {
    const broken = probe("broken", () => Promise.reject(new Error("EIO: i/o error")));
    const facts = await measureAll([broken], options());
    expect(facts.of(broken)).toMatchObject({ kind: "inconclusive", because: "EIO: i/o error" });
  });

  it("ends with the reason when it is aborted", async () => {
    const controller = new AbortController();
    const hanging = probe("hanging", () => new Promise(() => undefined));
    const measuring = measureAll([hanging], options({ signal: controller.signal }));
    controller.abort(new Error("Ctrl-C"));
    await expect(measuring).rejects.toThrow("Ctrl-C");
  });
});

describe("every probe, on this machine", () => {
  it("answers in the form that it promises, and leaves nothing behind", { timeout: 60_000 }, async () => {
    const mounts = (): string => readFileSync("/proc/self/mounts", "utf8");
    const before = mounts();
    const facts = await measureAll(probes, options());
    for (const each of probes) {
      const observation = facts.of(each);
      if (observation.kind === "inconclusive") expect(observation.because).not.toBe("");
      else {
        expect(observation.value, each.id).toEqual(each.schema.parse(observation.value));
        expect(JSON.parse(JSON.stringify(observation.value)), each.id).toEqual(observation.value);
        expect(observation.exhibits, each.id).not.toEqual([]);
      }
    }
    expect(mounts()).toBe(before);
    expect((await readdir(tmpdir())).filter((name) => name.includes(`sandkube-probe-${String(process.pid)}`))).toEqual(
      [],
    );
  });

  it("has an id of its own", () => {
    const ids = probes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
