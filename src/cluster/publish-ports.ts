import { join } from "node:path";
import type { Host } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { packageRoot } from "../host/package-root.ts";
import { waitUntil } from "../host/wait-until.ts";
import { locateSandbox } from "../sandbox/sandbox-location.ts";
import type { PublishedPort } from "../sandbox/sandbox-options.ts";
import { startDetached } from "../supervisor/detached-process.ts";
import type { Session } from "./session.ts";

/**
 * Looks before a sandbox is made for them.
 *
 * @throws SandkubeError (conflict) that names the port that is taken
 */
export async function requireFreePorts(published: readonly PublishedPort[], host: Host): Promise<void> {
  for (const { address, hostPort } of published) {
    const answer = await host.sockets.canListen(address, hostPort);
    if (!answer.ok) throw cannotPublish(`${address}:${String(hostPort)}`, answer.code);
  }
}

/**
 * Has a process carry connections from ports of this machine into a sandbox. A
 * process, because a rule that rewrites packets to 127.0.0.1 wants
 * route_localnet, which would open this machine's loopback to the sandbox. It
 * ends with the sandbox: `delete` knows its processes by their argument --root.
 *
 * @param address the sandbox's
 * @throws SandkubeError (conflict) where a port cannot be opened
 */
export async function publishPorts(
  sandbox: string,
  published: readonly PublishedPort[],
  address: string,
  { host, signal }: Session,
): Promise<void> {
  if (published.length === 0) return;
  const { directory, runscRoot } = locateSandbox(sandbox);
  const log = join(directory, "published-ports.log");
  const words = published.map((one) => `${one.address}:${String(one.hostPort)}:${String(one.sandboxPort)}`);
  const program = join(packageRoot, "dist/cli/published-ports.js");
  const identity = await startDetached(
    {
      argv: [process.execPath, "--max-semi-space-size=1", program, `--root=${runscRoot}`, address, ...words],
      environment: { PATH: host.environment["PATH"] },
      log,
    },
    host.processes,
  );
  await waitUntil(
    async () => {
      if (!(await host.processes.isAlive(identity))) {
        const said = (await host.files.readTextIfPresent(log)) ?? "";
        throw cannotPublish(words.join(", "), said.trim());
      }
      const open = await Promise.all(
        published.map((one) => host.sockets.canConnect(reachable(one.address), one.hostPort, 1000)),
      );
      return open.every(Boolean) ? { ok: true as const } : { ok: false as const, because: "nothing listens yet" };
    },
    { clock: host.clock, what: `the published ports ${words.join(", ")}`, timeout: 10_000, interval: 50, signal },
  );
}

/** Where a listener on every address is found. */
function reachable(address: string): string {
  return address === "0.0.0.0" ? "127.0.0.1" : address;
}

function cannotPublish(what: string, because: string): SandkubeError {
  return new SandkubeError({
    title: "A port cannot be published",
    message: `${what}: ${because}`,
    hint: "Take another port; `ss -ltnp` shows who listens.",
    exit: "conflict",
  });
}
