import { parseArgs } from "node:util";
import { cannotTest, sandboxMachine, thisMachine } from "../test/e2e/machine.ts";
import { measureCluster } from "./cluster-figures.ts";
import { median, renderFigures, type Figures } from "./figures.ts";

/**
 * Measures a cluster's life on plain Linux and in a gVisor sandbox, in turn, and
 * prints medians, spreads and ratios. Progress goes to stderr.
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    gvisor: { type: "string", default: "20260701" },
    json: { type: "boolean", default: false },
  },
});

const because = cannotTest();
if (because !== undefined) {
  process.stderr.write(`bench cannot run here: ${because}\n`);
  process.exit(3);
}

const runs = Number(values.runs);
const plain: Figures[] = [];
const sandboxed: Figures[] = [];
await using sandbox = await sandboxMachine({ gvisor: values.gvisor, profile: "agent", overlay: "none" });
await using host = thisMachine();
for (let run = 1; run <= runs; run++) {
  // In turn, so that a machine that slows down does so for both.
  for (const [machine, into] of [
    [host, plain],
    [sandbox, sandboxed],
  ] as const) {
    process.stderr.write(`run ${String(run)} of ${String(runs)}: ${machine.title}\n`);
    into.push(await measureCluster(machine));
  }
}

if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ schema: "sandkube.dev/bench/v1", gvisor: values.gvisor, plain, sandboxed }, undefined, 2)}\n`,
  );
} else {
  process.stdout.write(renderFigures({ plain, sandboxed, title: `gVisor ${values.gvisor}, agent` }, median));
}
