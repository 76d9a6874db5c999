import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { parseTrials, trialSchema, tryFunction } from "./trial.ts";

/** Makes a process in a pid namespace of its own, finds it by its parent, and joins that namespace. */
const script = `${tryFunction}
unshare --pid --fork --kill-child sleep 10 & parent=$!
child= tries=0
while [ -z "$child" ] && [ $tries -lt 200 ]; do
  for stat in /proc/[0-9]*/stat; do
    read -r pid name state ppid rest < "$stat" 2>/dev/null || continue
    if [ "$ppid" = $parent ]; then child=$pid; fi
  done
  tries=$((tries + 1))
done
try join nsenter --pid="/proc/$child/ns/pid" true
kill -9 $parent $child 2>/dev/null
`;

/** Whether a process can enter the pid namespace of another, as `runc exec` does (setns(2)). */
export const pidNamespaceJoin: FactProbe<z.infer<typeof trialSchema>> = {
  id: "pid-namespace-join",
  title: "Entering the pid namespace of another process, really tried",
  schema: trialSchema,
  async measure(host, signal) {
    const { stdout, stderr } = await host.commands.run(["sh", "-c", script], { signal, acceptedExitCodes: "any" });
    const exhibits = [exhibit("nsenter --pid=/proc/CHILD/ns/pid true", stdout + stderr)];
    const join = parseTrials(stdout).get("join");
    if (join === undefined) return inconclusive(stderr.trim().split("\n")[0] ?? "the trial gave no answer", exhibits);
    return measured(join, exhibits);
  },
};
