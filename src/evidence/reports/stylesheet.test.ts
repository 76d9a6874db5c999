import { describe, expect, it } from "vitest";
import { palettes, stylesheet } from "./stylesheet.ts";

/** The contrast of two colours (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe.each(["light", "dark"] as const)("the %s palette", (name) => {
  const palette = palettes[name];

  it("has text that can be read on everything that it stands on: 4.5 to 1", () => {
    for (const back of ["page", "card", "code"] as const) {
      for (const text of ["text", "quiet"] as const) {
        expect(contrast(palette[text], palette[back]), `${text} on ${back}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    for (const text of ["accent", "good", "warn", "bad"] as const) {
      expect(contrast(palette[text], palette.card), `${text} on card`).toBeGreaterThanOrEqual(4.5);
    }
    for (const look of ["good", "warn", "bad", "plain"] as const) {
      expect(contrast(palette[look], palette[`${look}-back`]), look).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("has bars that can be seen: 3 to 1 for components, and both kinds apart from the card", () => {
    expect(contrast(palette.bar, palette.card)).toBeGreaterThanOrEqual(3);
    expect(contrast(palette["bar-other"], palette.card)).toBeGreaterThanOrEqual(2);
  });
});

it("the stylesheet names no address and uses no colour that the palettes do not have", () => {
  expect(stylesheet).not.toMatch(/url\(|@import|https?:/);
  const known = new Set<string>([...Object.values(palettes.light), ...Object.values(palettes.dark)]);
  for (const [colour] of stylesheet.matchAll(/#[0-9a-f]{3,8}\b/gi)) expect(known).toContain(colour);
  for (const [, name] of stylesheet.matchAll(/var\(--([\w-]+)\)/g)) expect(Object.keys(palettes.light)).toContain(name);
});
