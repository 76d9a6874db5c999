/** A number of bytes as people say it. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? String(value) : value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}

/** A stretch of time as people say it: 340 ms, 12.3 s, 4 min 5 s, 3 h 20 min, 2 d 5 h. */
export function duration(milliseconds: number): string {
  if (milliseconds < 995) return `${String(Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pair(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 ? `${String(many)} ${unit}` : `${String(many)} ${unit} ${String(few)} ${smaller}`;
}

const multiples: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/**
 * Reads a quantity of Kubernetes, such as 1.5Gi or 2e9; undefined for what is none
 * (https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/api/resource/quantity.go).
 */
export function parseQuantity(text: string): number | undefined {
  const match = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(text);
  if (match === null) return undefined;
  const suffix = text.slice(match[0].length);
  const multiple = suffix === "" ? 1 : multiples[suffix];
  return multiple === undefined ? undefined : Number(match[0]) * multiple;
}
