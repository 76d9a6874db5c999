import { bytes, duration } from "../../contract/quantities.ts";
import type { Fidelity } from "../../contract/remedy.ts";
import type { ClusterReport } from "../../contract/report.ts";
import { html, type Markup } from "./markup.ts";
import { resourceCurves } from "./resource-curves.ts";
import { waterfall } from "./waterfall.ts";

/** The few figures that a page begins with. */
export function tiles(report: ClusterReport): Markup {
  return html`<dl class="tiles">
    ${[checks(report), remedies(report), boot(report), memory(report)].map(
      ({ title, much, small, look = "plain" }) =>
        html`<div>
          <dt>${title}</dt>
          <dd class="much ${look}-text">${much}</dd>
          <dd class="small">${small}</dd>
        </div> `,
    )}
  </dl>`;
}

interface Tile {
  readonly title: string;
  readonly much: string;
  readonly small: string;
  readonly look?: "good" | "warn" | "bad";
}

function checks({ verification }: ClusterReport): Tile {
  const title = "Verification";
  if (verification === null) return { title, much: "none", small: "sandkube verify makes one" };
  const { counts, verdict, beforeStart } = verification;
  const applicable = counts.proved + counts.refuted + counts.inconclusive;
  const said = beforeStart ? "before the last start" : counts.refuted > 0 ? `${String(counts.refuted)} refuted` : "";
  const open = counts.inconclusive > 0 ? `${String(counts.inconclusive)} inconclusive` : "";
  const small = [said, open].filter((text) => text !== "").join(", ");
  return {
    title,
    look: verdict === "refuted" ? "bad" : verdict === "proved" && !beforeStart ? "good" : "warn",
    much: verdict,
    small: `${String(counts.proved)} of ${String(applicable)} proved${small && `, ${small}`}`,
  };
}

function remedies({ remedies: all }: ClusterReport): Tile {
  const kinds: readonly Fidelity[] = ["exact", "emulated", "stubbed"];
  const counted = kinds.map((kind) => ({ kind, count: all.filter(({ fidelity }) => fidelity === kind).length }));
  const small = counted.filter(({ count }) => count > 0).map(({ kind, count }) => `${String(count)} ${kind}`);
  return { title: "Remedies in force", much: String(all.length), small: small.join(", ") || "none was needed" };
}

function boot({ boot: known }: ClusterReport): Tile {
  const title = "Boot";
  if (known === null) return { title, much: "unknown", small: "not written down" };
  const { totalMs, bars } = waterfall(known.timeline);
  return { title, much: duration(totalMs), small: `${String(bars.length)} steps` };
}

function memory({ resources }: ClusterReport): Tile {
  const title = "Memory, all together";
  if (resources === null) return { title, much: "unknown", small: "not sampled" };
  const { together } = resourceCurves(resources);
  const now = together.lastRssBytes === null ? "ended" : bytes(together.lastRssBytes);
  return { title, much: now, small: `most ${bytes(together.peakRssBytes)}` };
}
