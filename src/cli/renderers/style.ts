import { styleText } from "node:util";

/** The few ways in which words stand out. */
export type Style = "good" | "bad" | "warn" | "dim" | "bold";

const formats = { good: "green", bad: "red", warn: "yellow", dim: "dim", bold: "bold" } as const;

/** Styles a text where colour may be used. */
export function style(text: string, how: Style, colour: boolean): string {
  return colour ? styleText(formats[how], text, { validateStream: false }) : text;
}
