import { expect, it } from "vitest";
import { Changes } from "./changes.ts";

const { signal } = new AbortController();

/** A clock whose sleeps last until they are ended or aborted. */
class HeldClock {
  readonly asked: number[] = [];
  end: () => void = () => undefined;

  sleep(milliseconds: number, aborted?: AbortSignal): Promise<void> {
    this.asked.push(milliseconds);
    return new Promise((resolve, reject) => {
      this.end = resolve;
      aborted?.addEventListener("abort", () => {
        reject(new Error("aborted"));
      });
    });
  }
}

it("takes changes that came meanwhile for one, and waits for the next", async () => {
  const clock = new HeldClock();
  const changes = new Changes(clock);
  changes.tell();
  changes.tell();
  await changes.next(1000, signal);
  expect(clock.asked).toEqual([]);
  const next = changes.next(1000, signal);
  expect(clock.asked).toEqual([1000]);
  changes.tell();
  await next;
});

it("waits no longer than it is told, nor beyond the signal", async () => {
  const clock = new HeldClock();
  const changes = new Changes(clock);
  const late = changes.next(5, signal);
  clock.end();
  await late;
  const over = new AbortController();
  const last = changes.next(5, over.signal);
  over.abort();
  await last;
  expect(clock.asked).toEqual([5, 5]);
});
