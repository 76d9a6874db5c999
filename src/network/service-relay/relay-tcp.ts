import { connect, type Socket } from "node:net";
import { targetKey } from "./balancer.ts";
import type { Target } from "./targets.ts";

/** Gives the next target of a connection, other than those that have refused it. */
export type NextTarget = (refused: ReadonlySet<string>) => Target | undefined;

/** How long a target may take to accept (milliseconds) before another is asked. */
const connectTimeout = 5000;
/** Idle time (milliseconds) after which the kernel asks whether the other end is still there. */
const keepAlive = 60_000;

/**
 * Carries a connection to the next target. A target that does not accept is
 * passed over for another: it may have ended a moment ago. Where none accepts
 * the client gets a reset, which is what it would have got from the target.
 */
export function relayTcp(client: Socket, next: NextTarget): void {
  client.setNoDelay(true);
  client.setKeepAlive(true, keepAlive);
  const refused = new Set<string>();
  let upstream: Socket | undefined;
  client.on("error", () => upstream?.resetAndDestroy());
  client.on("close", () => upstream?.destroySoon()); // what the client sent before its end still goes out

  const attempt = (): void => {
    const target = next(refused);
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const socket = connect({
      host: target.address,
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAlive,
    });
    upstream = socket;
    const failed = (): void => {
      clearTimeout(timer);
      socket.destroy();
      upstream = undefined;
      if (client.destroyed) return;
      refused.add(targetKey(target));
      attempt();
    };
    const timer = setTimeout(failed, connectTimeout);
    socket.on("error", failed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", failed);
      join(client, socket);
    });
  };
  attempt();
}

/** Joins two sockets: data, the end of either direction, resets, and a slow reader's back-pressure. */
function join(client: Socket, upstream: Socket): void {
  upstream.on("error", () => client.resetAndDestroy());
  upstream.on("close", () => {
    client.destroySoon();
  });
  carry(client, upstream);
  carry(upstream, client);
}

function carry(from: Socket, to: Socket): void {
  from.on("data", (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.resume();
}
