import type { CheckedClaim, CheckOutcome } from "../../contract/check.ts";
import type { Exhibit } from "../../contract/observation.ts";
import { bytes, duration } from "../../contract/quantities.ts";
import type { Fidelity, RemedyProof } from "../../contract/remedy.ts";
import type { ClusterReport, FactReport } from "../../contract/report.ts";
import { curveChart, waterfallChart } from "./charts.ts";
import {
  consequence,
  disclosures,
  environmentRows,
  factValue,
  findings,
  furtherFacts,
  moment,
  nodeLine,
  sentence,
  type Finding,
} from "./findings.ts";
import { html, Markup, type Part } from "./markup.ts";
import { resourceCurves, type ResourceCurve, type ResourceCurves } from "./resource-curves.ts";
import { stylesheet } from "./stylesheet.ts";
import { tiles } from "./tiles.ts";

/** Nothing is fetched, run or sent, even if a text should get past the escaping. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Writes a report as one page that needs nothing else: no script, no font, no request. */
export function htmlReport(report: ClusterReport): string {
  const { cluster, rung } = report;
  const parts: readonly (readonly [string, string, Part])[] = [
    ["faithfulness", "What is not as it seems", faithfulness(report)],
    ["environment", "Environment", environment(report)],
    ["blockers", "Blockers and remedies", blockers(report)],
    ["boot", "Boot", boot(report)],
    ["checks", "Checks", checks(report)],
    ["resources", "Resource use", resources(report)],
    ["logs", "Components and logs", componentsAndLogs(report)],
    ["facts", "Further facts", facts(report)],
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${cluster.name}: sandkube report</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Markup(stylesheet)}
        </style>
      </head>
      <body>
        <header>
          <p class="kicker">sandkube report</p>
          <h1>${cluster.name}</h1>
          <div class="head">
            <span class="badge ${stateLook(cluster.state)}">${cluster.state}</span><span>${nodeLine(report)}</span>
          </div>
          <p>
            Kubernetes ${cluster.kubernetesVersion}: ${rung.title} ${fidelityBadge(rung.fidelity)} ${rung.disclosure}
          </p>
          ${tiles(report)}
          <nav aria-label="Parts of the report">
            <ul>
              ${parts.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li> `)}
            </ul>
          </nav>
        </header>
        <main>
          ${parts.map(
            ([id, title, part]) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${part}
              </section> `,
          )}
        </main>
        <footer>
          Made ${moment(report.madeAt)}. The cluster was created ${moment(cluster.createdAt)}; its state is in
          <code>${cluster.stateDirectory}</code>.
        </footer>
      </body>
    </html> `.text;
}

function faithfulness(report: ClusterReport): Part {
  const told = disclosures(report);
  const { notes } = report;
  if (told.length + notes.length === 0) return html`<p>Everything is as it seems: no fake is in force.</p>`;
  return html`<div class="card">
    <ul class="plain-list">
      ${told.map(
        ({ title, fidelity, text }) =>
          html`<li>
            <div class="head">
              <h3>${title}</h3>
              ${fidelityBadge(fidelity)}
            </div>
            <p>${text}</p>
          </li> `,
      )}${notes.map(
        (note) =>
          html`<li>
            <span class="badge">note</span>
            <p>${note}</p>
          </li> `,
      )}
    </ul>
  </div>`;
}

function environment(report: ClusterReport): Part {
  const { artifacts } = report.environment.versions;
  const pair = ([name, value]: readonly [string, string]): Markup =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div> `;
  const versions = artifacts.map(({ name, version }): readonly [string, string] => [name, version]);
  const { measuredAt } = report.environment;
  return html`<p class="quiet">
      ${measuredAt === null ? "Measured for this report." : html`Measured ${moment(measuredAt)}, when the cluster was started.`}
    </p>
    <div class="card"><dl class="pairs">${environmentRows(report).map(pair)}</dl></div>
    <div class="card folds">
      ${fold(html`Versions of all ${artifacts.length} binaries`, html`<dl class="pairs">${versions.map(pair)}</dl>`)}
    </div>`;
}

function blockers(report: ClusterReport): Part {
  const found = findings(report);
  const clear = report.blockers.filter(({ verdict }) => verdict === "clear");
  const list = html`<ul>
    ${clear.map(({ id, title }) => html`<li>${title} <code class="quiet">${id}</code></li>`)}
  </ul>`;
  return [
    found.length === 0
      ? html`<p>No blocker is here.</p>`
      : html`<p class="quiet">What this machine lacks, what was done about each lack, and the evidence.</p>`,
    found.map(finding),
    clear.length === 0
      ? undefined
      : html`<div class="card folds">${fold(html`${clear.length} further blockers are not here`, list)}</div>`,
  ];
}

function finding({ blocker, remedy, facts: evidence }: Finding): Markup {
  const applied =
    remedy === undefined
      ? html`<p><span class="badge">left as it is</span> No remedy is in force.</p>`
      : html`<div class="remedy">
          <div class="head">
            <h4 class="small">Remedy: ${remedy.title}</h4>
            ${fidelityBadge(remedy.fidelity)}${proofBadge(remedy.proved)}
          </div>
          <p>${remedy.disclosure}</p>
          <p class="small quiet">
            Cost: ${sentence(remedy.cost)} ${remedy.proved.outcome === "proved" ? "Proved" : "Not proved"}:
            ${sentence(remedy.proved.because)} <code>${remedy.id}</code>
          </p>
        </div>`;
  return html`<article class="card">
    <div class="head">
      <h3>${blocker.title}</h3>
      <span class="badge ${remedy === undefined ? "warn" : ""}">${blocker.verdict}</span>
    </div>
    <p>${sentence(blocker.because ?? "")} ${consequence(blocker)}</p>
    ${applied}
    ${blocker.rejected.map(({ remedy: other, because }) => html`<p class="small quiet">Not <code>${other}</code>: ${sentence(because)}</p>`)}
    <p class="small quiet"><code>${blocker.id}</code> · ${link(blocker.upstream)}</p>
    <div class="evidence">${evidence.map(factFold)}</div>
  </article> `;
}

function boot({ boot: known }: ClusterReport): Part {
  if (known === null) return html`<p>Nothing was written down of it.</p>`;
  const isProof = ({ name }: { readonly name: string }): boolean => name.startsWith("proof of ");
  const proofs = known.timeline.filter(isProof);
  return html`<p class="quiet">Started ${moment(known.startedAt)}.</p>
    <div class="card">${waterfallChart(known.timeline.filter((entry) => !isProof(entry)))}</div>
    ${proofs.length === 0 ? undefined : html`<div class="card folds">${fold(html`When remedies were proved (${proofs.length})`, waterfallChart(proofs))}</div>`}`;
}

const outcomes: Readonly<Record<CheckOutcome, { readonly sign: string; readonly look: string }>> = {
  refuted: { sign: "✗", look: "bad" },
  inconclusive: { sign: "?", look: "warn" },
  proved: { sign: "✓", look: "good" },
  "not-applicable": { sign: "–", look: "" },
};

function checks({ verification }: ClusterReport): Part {
  if (verification === null) return html`<p>Not verified yet: run <code>sandkube verify</code>.</p>`;
  const { counts, startedAt, durationMs, beforeStart, left } = verification;
  const order = Object.keys(outcomes) as CheckOutcome[];
  return html`<p class="quiet">${moment(startedAt)}, in ${duration(durationMs)}.</p>
    <p class="head">
      ${order.filter((outcome) => counts[outcome] > 0).map((outcome) => outcomeBadge(outcome, counts[outcome]))}
    </p>
    ${beforeStart ? html`<p><span class="badge warn">old</span> This was before the cluster was last started: run <code>sandkube verify</code> again.</p>` : undefined}
    ${left.map((text) => html`<p><span class="badge bad">left behind</span> ${text}</p>`)}
    <div class="card folds">
      ${order.map((outcome) => verification.checks.filter((check) => check.outcome === outcome).map(checkFold))}
    </div>`;
}

function checkFold({ id, claim, outcome, because, exhibits, durationMs }: CheckedClaim): Markup {
  return fold(
    html`${outcomeBadge(outcome)} ${claim}`,
    html`<p>${because}</p>
      <p class="small quiet"><code>${id}</code>, ${duration(durationMs)}</p>
      ${exhibits.map(exhibit)}`,
  );
}

function resources(report: ClusterReport): Part {
  if (report.resources === null) return html`<p>Nothing was sampled.</p>`;
  const curves = resourceCurves(report.resources);
  const { times, together, each } = curves;
  const tops = {
    rss: Math.max(1, ...each.map(({ peakRssBytes }) => peakRssBytes)),
    cpu: Math.max(1, ...each.map(({ peakCpuPercent }) => peakCpuPercent)),
  };
  const whole = { rss: Math.max(1, together.peakRssBytes), cpu: Math.max(1, together.peakCpuPercent) };
  return html`<p class="quiet">
      Over ${duration(times.at(-1) ?? 0)} from ${moment(report.resources.startedAt)}. Only a component's own process
      counts; memory that processes share counts for each.
    </p>
    <div class="figures">${figure({ ...together, name: "All together" }, curves, whole, "wide")}</div>
    <p class="quiet">
      Each by itself, all on one scale: from 0 to ${bytes(tops.rss)}, and from 0 to ${tops.cpu.toFixed(0)} % of one
      processor.
    </p>
    <div class="figures">${each.map((curve) => figure(curve, curves, tops, ""))}</div>`;
}

function figure(
  curve: ResourceCurve,
  { times }: ResourceCurves,
  top: { readonly rss: number; readonly cpu: number },
  look: string,
): Markup {
  const { name, rssBytes, cpuPercent, lastRssBytes } = curve;
  const now = lastRssBytes === null ? "ended" : bytes(lastRssBytes);
  const most = `most ${bytes(curve.peakRssBytes)}`;
  const average = `${curve.averageCpuPercent.toFixed(1)} %`;
  const total = duration(curve.cpuMs);
  const mostCpu = `most ${curve.peakCpuPercent.toFixed(0)} %`;
  return html`<figure class="${look}">
    <figcaption>${name}</figcaption>
    <div class="curves">
      ${curveChart({
        title: "Memory",
        says: now,
        below: [most, ""],
        times,
        values: rssBytes,
        top: top.rss,
        label: `Memory of ${name} over time: ${now} at the end, ${most}`,
      })}
      ${curveChart({
        title: "Processor",
        says: average,
        below: [mostCpu, total],
        times,
        values: cpuPercent,
        top: top.cpu,
        label: `Processor time of ${name}: ${total}, ${average} of one processor on average, ${mostCpu}`,
      })}
    </div>
  </figure> `;
}

function componentsAndLogs({ components, logs }: ClusterReport): Part {
  const component = ({ name, state, restarts, because }: ClusterReport["components"][number]): Markup =>
    html`<tr>
      <th scope="row">
        ${name}${because === undefined ? undefined : html`<br /><span class="small quiet">${because}</span>`}
      </th>
      <td><span class="badge ${componentLook(state)}">${state}</span></td>
      <td class="number">${restarts}</td>
    </tr> `;
  const log = ({ path, bytes: size }: ClusterReport["logs"][number]): Markup =>
    html`<tr>
      <td><code>${path}</code></td>
      <td class="number">${bytes(size)}</td>
    </tr> `;
  return [
    components.length === 0
      ? html`<p>No component runs.</p>`
      : html`<div class="card">
          <table>
            <thead>
              <tr>
                <th scope="col">Component</th>
                <th scope="col">State</th>
                <th scope="col" class="number">Restarts</th>
              </tr>
            </thead>
            <tbody>
              ${components.map(component)}
            </tbody>
          </table>
        </div>`,
    logs.length === 0
      ? html`<p>No log is there.</p>`
      : html`<div class="card">
          <table>
            <thead>
              <tr>
                <th scope="col">Log</th>
                <th scope="col" class="number">Size</th>
              </tr>
            </thead>
            <tbody>
              ${logs.map(log)}
            </tbody>
          </table>
        </div>`,
  ];
}

function facts(report: ClusterReport): Part {
  const further = furtherFacts(report);
  return further.length === 0
    ? html`<p>All are shown above.</p>`
    : html`<div class="card folds">${further.map(factFold)}</div>`;
}

function factFold(fact: FactReport): Markup {
  return fold(
    html`${fact.title}${fact.kind === "measured" ? undefined : html` <span class="badge warn">could not tell</span>`}`,
    html`<p class="small quiet">The fact <code>${fact.id}</code></p>
      <pre>${factValue(fact)}</pre>
      ${fact.exhibits.map(exhibit)}`,
  );
}

function exhibit({ source, content }: Exhibit): Markup {
  return html`<code class="source">${source}</code>
    <pre>${content}</pre>`;
}

function fold(summary: Markup, inside: Part): Markup {
  return html`<details>
    <summary>${summary}</summary>
    <div class="inside">${inside}</div>
  </details> `;
}

function fidelityBadge(fidelity: Fidelity): Markup {
  const look = { exact: "good", emulated: "warn", stubbed: "bad" }[fidelity];
  return html`<span class="badge ${look}">${fidelity}</span>`;
}

function proofBadge({ outcome }: RemedyProof): Markup {
  const { sign, look } = outcomes[outcome];
  return html`<span class="badge ${look}">${sign} ${outcome}</span>`;
}

function outcomeBadge(outcome: CheckOutcome, count?: number): Markup {
  const { sign, look } = outcomes[outcome];
  const words = outcome === "not-applicable" ? "not applicable" : outcome;
  return html`<span class="badge ${look}"
    >${sign} ${count === undefined ? undefined : `${String(count)} `}${words}</span
  >`;
}

function stateLook(state: ClusterReport["cluster"]["state"]): string {
  return state === "running" ? "good" : state === "failed" ? "bad" : "warn";
}

function componentLook(state: string): string {
  return state === "ready" ? "good" : state === "stopped" || state === "waiting" ? "" : "bad";
}

/** Only what is an address of the web becomes a link: a text could be javascript:. */
function link(address: string): Markup {
  return /^https:\/\/\S+$/.test(address)
    ? html`<a href="${address}" rel="noreferrer">upstream source</a>`
    : html`${address}`;
}
