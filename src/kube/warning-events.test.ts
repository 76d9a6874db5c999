import { beforeEach, describe, expect, it } from "vitest";
import { ApiError, type ApiRequest } from "./api-client.ts";
import { WarningEvents, type Warning } from "./warning-events.ts";

const { signal } = new AbortController();
const minute = 60_000;

/** As much of an API server as keeps events. */
class EventStore {
  readonly events = new Map<string, { message: string; lastTimestamp: string }>();
  /** What was asked, without the names. */
  asked: string[] = [];
  /** Throws where the API server would not answer, or refuse. */
  answer: (path: string) => void = () => undefined;

  text(path: string, { method = "GET", body }: ApiRequest = {}): Promise<string> {
    return new Promise((resolve) => {
      this.asked.push(method);
      this.answer(path);
      if (method === "POST") {
        const event = body as { metadata: { name: string }; message: string; lastTimestamp: string };
        const key = `${path}/${event.metadata.name}`;
        if (this.events.has(key)) throw new ApiError(409, "already exists");
        this.events.set(key, event);
      } else {
        const event = this.events.get(path);
        if (event === undefined) throw new ApiError(404, "not found");
        Object.assign(event, body);
      }
      resolve("{}");
    });
  }
}

function warning(name: string, key = name, namespace = "default"): Warning {
  const metadata = { name, namespace, uid: `uid-of-${name}` };
  return { about: { apiVersion: "v1", kind: "Service", metadata }, reason: "Reason", message: `about ${name}`, key };
}

let store: EventStore;
let time: number;
const clock = { now: () => time, monotonic: () => time };
const start = (): WarningEvents => new WarningEvents(store, { component: "test", host: "node" }, clock);

beforeEach(() => {
  store = new EventStore();
  time = Date.UTC(2026, 0, 1);
});

describe("events of warnings", () => {
  it("are written once for each cause, however often it is seen", async () => {
    const events = start();
    await events.say([warning("a"), warning("a", "another cause")], signal);
    await events.say([warning("a"), warning("a", "another cause"), warning("b")], signal);
    expect(store.asked).toEqual(["POST", "POST", "POST"]);
    expect([...store.events.values()]).toMatchObject([
      {
        type: "Warning",
        reason: "Reason",
        message: "about a",
        count: 1,
        involvedObject: { apiVersion: "v1", kind: "Service", name: "a", namespace: "default", uid: "uid-of-a" },
      },
      { message: "about a" },
      { message: "about b" },
    ]);
  });

  it("are left as they are by a process that begins again", async () => {
    await start().say([warning("a")], signal);
    const [before] = structuredClone([...store.events.values()]);
    time += minute;
    store.asked = [];
    const again = start();
    await again.say([warning("a")], signal);
    await again.say([warning("a")], signal);
    expect(store.asked).toEqual(["POST"]);
    expect([...store.events.values()]).toEqual([before]);
  });

  it("are said again by the same event where a cause goes and comes again", async () => {
    const events = start();
    await events.say([warning("a")], signal);
    await events.say([], signal);
    time += minute;
    await events.say([warning("a")], signal);
    expect(store.events.size).toBe(1);
    expect([...store.events.values()][0]?.lastTimestamp).toBe(new Date(time).toISOString());
  });

  it("stay for as long as their cause does, also where the API server has forgotten them", async () => {
    const events = start();
    await events.say([warning("a")], signal);
    time += 19 * minute;
    await events.say([warning("a")], signal);
    expect(store.asked).toEqual(["POST"]);
    time += 2 * minute;
    await events.say([warning("a")], signal);
    expect([...store.events.values()][0]?.lastTimestamp).toBe(new Date(time).toISOString());
    store.events.clear();
    time += 21 * minute;
    await events.say([warning("a")], signal);
    expect(store.events.size).toBe(1);
  });

  it("are tried again where they were refused, and keep no others back", async () => {
    const events = start();
    store.answer = (path) => {
      if (path.includes("/going/")) throw new ApiError(403, "the namespace is being terminated");
    };
    const warnings = [warning("a", "a", "going"), warning("b")];
    await expect(events.say(warnings, signal)).rejects.toThrow("being terminated");
    expect([...store.events.values()]).toMatchObject([{ message: "about b" }]);
    store.answer = () => undefined;
    await events.say(warnings, signal);
    expect(store.events.size).toBe(2);
    expect(store.asked).toEqual(["POST", "POST", "POST"]);
  });

  it("are not asked for one by one of an API server that is away", async () => {
    const events = start();
    store.answer = () => {
      throw new Error("ECONNREFUSED");
    };
    await expect(events.say([warning("a"), warning("b")], signal)).rejects.toThrow("ECONNREFUSED");
    expect(store.asked).toHaveLength(1);
  });

  it("have names that the API server takes, however long the object's is", async () => {
    await start().say([warning("x".repeat(253))], signal);
    const [path = ""] = store.events.keys();
    expect(path.split("/").at(-1)?.length).toBeLessThanOrEqual(253);
  });
});
