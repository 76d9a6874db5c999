import { describe, expect, it } from "vitest";
import { step, type ProgressEvent } from "./progress.ts";

describe("step", () => {
  it("tells start, details and end in order, and returns the result", async () => {
    const events: ProgressEvent[] = [];
    const result = await step(
      (event) => events.push(event),
      "Building",
      (detail) => {
        detail("k8s.io/api");
        detail("k8s.io/kubectl");
        return Promise.resolve(42);
      },
    );
    expect(result).toBe(42);
    expect(events).toEqual([
      { kind: "started", step: "Building" },
      { kind: "detail", step: "Building", detail: "k8s.io/api" },
      { kind: "detail", step: "Building", detail: "k8s.io/kubectl" },
      { kind: "finished", step: "Building", milliseconds: expect.any(Number) as number },
    ]);
  });

  it("measures the time that the work took", async () => {
    const events: ProgressEvent[] = [];
    const start = performance.now();
    await step(
      (event) => events.push(event),
      "Working",
      () => {
        while (performance.now() - start < 5); // work, not sleep: there is nothing to wait for
        return Promise.resolve();
      },
    );
    const finished = events.find((event) => event.kind === "finished");
    expect(finished?.milliseconds).toBeGreaterThanOrEqual(4.9);
    expect(finished?.milliseconds).toBeLessThanOrEqual(performance.now() - start);
  });

  it("says that it failed, and throws the same error", async () => {
    const events: ProgressEvent[] = [];
    const failure = new Error("no");
    await expect(
      step(
        (event) => events.push(event),
        "Building",
        () => Promise.reject(failure),
      ),
    ).rejects.toBe(failure);
    expect(events.map(({ kind }) => kind)).toEqual(["started", "failed"]);
  });
});
