import type { Progress, ProgressEvent } from "../../contract/progress.ts";
import { style, type Style } from "./style.ts";

/** Plain lines: one when a step ends, and one now and then while it goes on. */
export function plainProgress(write: (text: string) => void, colour: boolean): Progress {
  const said = new Map<string, number>();
  return (event) => {
    if (event.kind === "detail") {
      const now = performance.now();
      // A build says hundreds of things; a log needs one a few seconds.
      if (now - (said.get(event.step) ?? 0) < 5000) return;
      said.set(event.step, now);
      write(`  ${event.step}: ${event.detail}\n`);
      return;
    }
    if (event.kind === "started") {
      said.set(event.step, performance.now());
      return;
    }
    write(lineOf(event, colour));
  };
}

/** A line that is written over while a step goes on, for terminals. */
export function liveProgress(write: (text: string) => void, colour: boolean, columns: () => number): Progress {
  const details = new Map<string, string>();
  let drawn = false;
  const erase = (): void => {
    if (drawn) write("\r\u001b[2K");
    drawn = false;
  };
  const draw = (): void => {
    const current = [...details].at(-1);
    if (current === undefined) return;
    const [step, detail] = current;
    // The reason of a wait may hold a log's lines; only one line can be written over.
    const text = `  ${step}${detail === "" ? "" : `: ${detail.replaceAll(/\s+/g, " ")}`}`;
    write(style(text.slice(0, Math.max(columns() - 1, 20)), "dim", colour));
    drawn = true;
  };
  return (event) => {
    erase();
    if (event.kind === "started") details.set(event.step, "");
    else if (event.kind === "detail") details.set(event.step, event.detail);
    else {
      if ("step" in event) details.delete(event.step);
      write(lineOf(event, colour));
    }
    draw();
  };
}

function lineOf(event: Exclude<ProgressEvent, { kind: "started" | "detail" }>, colour: boolean): string {
  switch (event.kind) {
    case "finished":
      return ended("✓", "good", event, colour);
    case "failed":
      return ended("✗", "bad", event, colour);
    case "abandoned":
      return ended("?", "warn", event, colour);
    case "note":
      return `  ${event.text}\n`;
    case "warning":
      return `${style("!", "warn", colour)} ${event.text}\n`;
  }
}

function ended(
  sign: string,
  how: Style,
  { step, milliseconds, detail }: { readonly step: string; readonly milliseconds: number; readonly detail?: string },
  colour: boolean,
): string {
  const more = detail === undefined ? "" : ` ${detail}`;
  return `${style(sign, how, colour)} ${step} ${style(`(${seconds(milliseconds)})`, "dim", colour)}${more}\n`;
}

/** Seconds with one digit, as people say them. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
