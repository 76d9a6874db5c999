import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localHost } from "../../src/host/local-host.ts";
import { readSupervisorState } from "../../src/supervisor/supervisor-state.ts";
import { Supervisor, type SupervisedService } from "../../src/supervisor/supervisor.ts";
import { testSpec } from "../fixtures/cluster-spec.ts";
import { shortClock } from "../fixtures/short-clock.ts";

const real = localHost();
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-supervisor-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A supervisor that has no component to run. */
function alone(services: readonly SupervisedService[] = []): Supervisor {
  const host = { ...real, clock: shortClock((milliseconds) => milliseconds >= 500) };
  return new Supervisor({ spec: testSpec(directory), components: [], tasks: [], services, host, environment: {} });
}

it("the state file is read as nothing where it is damaged or of another version", async () => {
  const path = join(directory, "supervisor.json");
  expect(await readSupervisorState(path, real.files)).toBeUndefined();
  await writeFile(path, '{"schemaVersion":1,"super');
  expect(await readSupervisorState(path, real.files)).toBeUndefined();
  await writeFile(path, '{"schemaVersion":2}');
  expect(await readSupervisorState(path, real.files)).toBeUndefined();
});

it("the state file says why preparing failed", async () => {
  const error = { title: "No bridge", message: "EPERM", hint: "Be root." };
  await alone().fail(error);
  const state = await readSupervisorState(join(directory, "supervisor.json"), real.files);
  expect(state).toMatchObject({ phase: "failed", error });
});

it("a service goes on until the signal, and begins again where it throws", async () => {
  const over = new AbortController();
  let begun = 0;
  const service: SupervisedService = {
    name: "counts",
    after: [],
    run: (signal) => {
      begun += 1;
      if (begun < 3) return Promise.reject(new Error(`failure ${String(begun)}`));
      queueMicrotask(() => {
        over.abort();
      });
      return new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          resolve();
        });
      });
    },
  };
  await alone([service]).run(over.signal);
  expect(begun).toBe(3);
});
