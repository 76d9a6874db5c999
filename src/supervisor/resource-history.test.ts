import { describe, expect, it } from "vitest";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import { addSample, emptyHistory, mostSamples, readResourceHistory, type ResourceHistory } from "./resource-history.ts";

const startedAt = 1_800_000_000_000;

/** A life that was looked at every five seconds, with memory and processor time as functions of the look. */
function life(looks: number, rss: (look: number) => number = () => 1): ResourceHistory {
  let history = emptyHistory(startedAt, 5000);
  for (let look = 0; look < looks; look++) {
    const usage = { kine: { rssBytes: rss(look), cpuMs: look * 10 } };
    history = addSample(history, { at: startedAt + look * 5000, usage });
  }
  return history;
}

describe("the history of resources", () => {
  it("keeps every look as long as there is room", () => {
    const history = life(mostSamples);
    expect(history.samples).toHaveLength(mostSamples);
    expect(history.stretchMs).toBe(5000);
  });

  it("makes one of every two neighbours when there is none, and doubles the stretches", () => {
    const history = life(mostSamples + 1);
    expect(history.samples).toHaveLength(mostSamples / 2 + 1);
    expect(history.stretchMs).toBe(10_000);
  });

  it.each([1000, 17_280, 50_000])("never grows, and covers a life of %i looks from its start to its end", (looks) => {
    const { samples, stretchMs } = life(looks);
    expect(samples.length).toBeLessThanOrEqual(mostSamples);
    expect(samples.length).toBeGreaterThan(mostSamples / 2 - 1);
    expect(samples[0]?.at).toBeLessThan(startedAt + stretchMs);
    expect(samples.at(-1)?.at).toBe(startedAt + (looks - 1) * 5000);
    const gaps = samples.slice(1).map(({ at }, index) => at - (samples[index]?.at ?? 0));
    expect(Math.max(...gaps), "evenly").toBeLessThanOrEqual(stretchMs);
  });

  it("loses no peak of memory and no processor time", () => {
    const { samples } = life(5000, (look) => (look === 1234 ? 999 : 1));
    expect(Math.max(...samples.map(({ usage }) => usage["kine"]?.rssBytes ?? 0))).toBe(999);
    expect(samples.at(-1)?.usage["kine"]?.cpuMs).toBe(4999 * 10);
  });

  it("keeps what has ended in the stretch in which it ran", () => {
    let history = emptyHistory(startedAt, 5000);
    history = addSample(history, { at: startedAt, usage: { kine: { rssBytes: 1, cpuMs: 1 } } });
    history = addSample(history, { at: startedAt + 4999, usage: {} });
    history = addSample(history, { at: startedAt + 5000, usage: {} });
    expect(history.samples.map(({ usage }) => Object.keys(usage))).toEqual([["kine"], []]);
  });

  it("is read as it was written; what is not whole is as if it were not there", async () => {
    const history = life(3);
    const files = {
      "/whole": JSON.stringify(history),
      "/broken": JSON.stringify(history).slice(0, -5),
      "/other": "{}",
    };
    const host = scriptedHost({ files });
    expect(await readResourceHistory("/whole", host.files)).toEqual(history);
    for (const path of ["/broken", "/other", "/absent"]) {
      expect(await readResourceHistory(path, host.files)).toBeUndefined();
    }
  });
});
