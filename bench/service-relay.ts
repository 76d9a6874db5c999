import { parseArgs } from "node:util";
import { build } from "esbuild";
import { sandboxMachine } from "../test/e2e/machine.ts";
import { startCluster } from "../test/e2e/test-cluster.ts";
import { median } from "./figures.ts";
import type { PathFigures } from "./service-relay/client.ts";
import type { RelayFigures } from "./service-relay/in-place.ts";

/**
 * Measures the service relay beside a direct connection in the same gVisor
 * sandbox, in turn, and prints medians and ratios. Progress goes to stderr.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    gvisor: { type: "string", default: "20260701" },
    /** Seconds of load with endpoints that change every second, in place of the figures. */
    churn: { type: "string" },
    /** 1,000 Services in a whole cluster, in place of the figures. */
    "through-api": { type: "boolean", default: false },
  },
});

const entryPoints = ["bench/service-relay/in-place.ts"];
const { outputFiles } = await build({
  entryPoints,
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
  target: "node20",
  // As scripts/bundle.mjs does, for libraries that ask for Node's own modules by require().
  banner: { js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);' },
});
await using sandbox = await sandboxMachine({ gvisor: values.gvisor, profile: "agent", overlay: "none" });
const program = outputFiles[0]?.text ?? "";
await sandbox.shell(`cat > /root/bench.mjs <<'END-OF-PROGRAM'\n${program}\nEND-OF-PROGRAM`);
await using cluster = values["through-api"] ? await startCluster(sandbox) : undefined;
const words =
  cluster !== undefined
    ? `through-api ${cluster.report.kubeconfig}`
    : values.churn === undefined
      ? values.rounds
      : `churn ${values.churn}`;
const { stdout, stderr, exitCode } = await sandbox.shell(`node /root/bench.mjs ${words}`);
process.stderr.write(stderr);
if (exitCode !== 0) throw new Error(`the bench exited with ${String(exitCode)}`);
const isTable = cluster === undefined && values.churn === undefined;
process.stdout.write(isTable ? pathTable(JSON.parse(stdout) as RelayFigures) : stdout);

function pathTable(figures: RelayFigures): string {
  const titles: readonly (readonly [keyof PathFigures, string, number])[] = [
    ["oneStream", "one stream, MB/s", 1e6],
    ["manyStreams", "32 streams, MB/s", 1e6],
    ["p50", "request and answer p50, ms", 1],
    ["p99", "request and answer p99, ms", 1],
    ["connections", "new connections a second", 1],
  ];
  const rows = titles.map(([key, title, unit]) => {
    const [direct = Number.NaN, relayed = Number.NaN] = [figures.direct, figures.relayed].map((rounds) =>
      median(rounds.map((round) => round[key] / unit)),
    );
    return `| ${title} | ${direct.toFixed(2)} | ${relayed.toFixed(2)} | ${(relayed / direct).toFixed(2)} |\n`;
  });
  return (
    `| figure | direct | relay | ratio |\n|---|---|---|---|\n${rows.join("")}` +
    `\n1,000 services: open after ${figures.programmedMs.toFixed(0)} ms, a change after ${figures.changeMs.toFixed(0)} ms, ` +
    `${(figures.idleBytes / 1e6).toFixed(0)} MB; with 2,000 connections ${(figures.busyBytes / 1e6).toFixed(0)} MB\n`
  );
}
