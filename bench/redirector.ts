import { dirname, relative } from "node:path";
import { parseArgs } from "node:util";
import { artifactDirectory } from "../src/artifacts/cache-directory.ts";
import { ensureArtifacts } from "../src/artifacts/ensure-artifacts.ts";
import { localHost } from "../src/host/local-host.ts";
import { packageRoot } from "../src/host/package-root.ts";
import { sandboxMachine, testSession, thisMachine, type TestMachine } from "../test/e2e/machine.ts";

/**
 * Measures what system calls cost under the redirector, by its filter and by
 * plain ptrace, and in a mount namespace as the mount remedy makes it, beside a
 * program of which nothing is known, in turn; on this machine and in a gVisor sandbox. Prints a table of each, then everything as JSON: the
 * least of all rounds, because what else a machine does only adds.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    milliseconds: { type: "string", default: "250" },
    gvisor: { type: "string", default: "20260701" },
  },
});

const calls = {
  stat: "stat, path call",
  openClose: "open and close, path call and other",
  redirectedStat: "stat, redirected",
  getppid: "getppid, other call",
  pread: "pread of a byte, other call",
} as const;
type Call = keyof typeof calls;

const ways = ["none", "mount", "seccomp", "ptrace"] as const;
type Way = (typeof ways)[number];

/** Nanoseconds a call. */
type Costs = Readonly<Record<Way, Readonly<Record<Call, number>>>>;

/** Where things lie on a machine. */
interface Places {
  readonly root: string;
  readonly redirector: string;
}

async function measure(machine: TestMachine, { root, redirector }: Places): Promise<Costs> {
  const run = async (script: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await machine.shell(script);
    if (exitCode !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };
  const directory = await run("mktemp -d /tmp/sandkube-bench-redirector-XXXXXX");
  try {
    const program = `${directory}/call-cost`;
    await run(
      `cd ${directory} && mkdir -p covered from/kernel to/kernel && touch from/kernel/a from/kernel/b to/kernel/a && ` +
        `cc -O2 -static -o ${program} ${root}/bench/redirector/call-cost.c`,
    );
    const measured: Record<Way, Record<Call, number>[]> = { none: [], mount: [], seccomp: [], ptrace: [] };
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const way of ways) {
        const words = `${program} ${directory}/from ${values.milliseconds}`;
        measured[way].push(JSON.parse(await run(launch(way, words, redirector, directory))) as Record<Call, number>);
        process.stderr.write(`${machine.title}: round ${String(round + 1)}, ${way}\n`);
      }
    }
    const least = (way: Way): Record<Call, number> =>
      Object.fromEntries(
        Object.keys(calls).map((call) => [call, Math.min(...measured[way].map((round) => round[call as Call]))]),
      ) as Record<Call, number>;
    return { none: least("none"), mount: least("mount"), seccomp: least("seccomp"), ptrace: least("ptrace") };
  } finally {
    await machine.shell(`rm -rf ${directory}`);
  }
}

/** The command line of a program in a way. The mount lies beside what the program looks at: the filesystem stays the same. */
function launch(way: Way, words: string, redirector: string, directory: string): string {
  if (way === "none") return words;
  if (way === "mount") return `unshare --mount sh -c 'mount -t tmpfs none ${directory}/covered && exec ${words}'`;
  return `${redirector} --trace=${way} --from ${directory}/from --to ${directory}/to -- ${words}`;
}

function table(title: string, costs: Costs): string {
  const rows = Object.entries(calls).map(([key, text]) => {
    const call = key as Call;
    const [none, ...others] = ways.map((way) => costs[way][call]) as [number, ...number[]];
    const micro = (nanoseconds: number): string => `${(nanoseconds / 1000).toFixed(2)} µs`;
    const cell = (nanoseconds: number): string => `${micro(nanoseconds)} (${(nanoseconds / none).toFixed(2)}x)`;
    return `| ${[text, micro(none), ...others.map(cell)].join(" | ")} |\n`;
  });
  return `| ${title} | nothing | a mount beside | by the filter | by plain ptrace |\n|---|---|---|---|---|\n${rows.join("")}\n`;
}

const session = testSession();
const redirector = (await ensureArtifacts(["proc-sys-redirector"], session)).get("proc-sys-redirector") ?? "";
const cache = dirname(artifactDirectory(localHost().environment));
const plain = await measure(thisMachine(), { root: packageRoot, redirector });
process.stdout.write(table("plain Linux", plain));
await using sandbox = await sandboxMachine({ gvisor: values.gvisor, profile: "agent", overlay: "none" });
// As src/cluster/sandboxes.ts mounts them.
const inside = { root: "/opt/sandkube", redirector: `/opt/sandkube-cache/${relative(cache, redirector)}` };
const sandboxed = await measure(sandbox, inside);
process.stdout.write(table(`gVisor ${values.gvisor}`, sandboxed));
process.stdout.write(`${JSON.stringify({ unit: "ns", plain, gvisor: { version: values.gvisor, ...sandboxed } })}\n`);
