import { redact } from "./reports/redact.ts";

/** How much of an answer an exhibit keeps (characters). */
const mostShown = 2000;

/** What may be shown of an answer: shortened where it is long, and without credentials, whoever put them there. */
export function presentable(text: string): string {
  const safe = redact(text, []);
  if (safe.length <= mostShown) return safe;
  const half = mostShown / 2;
  return `${safe.slice(0, half)}\n... ${String(safe.length - mostShown)} characters left out ...\n${safe.slice(-half)}`;
}
