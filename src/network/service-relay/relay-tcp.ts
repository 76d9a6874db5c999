import { connect, type Socket } from "node:net";
import { targetKey } from "./balancer.ts";
import type { Target } from "./targets.ts";

/** Gives the next target of a connection, other than those that have refused it. */
export type NextTarget = (refused: ReadonlySet<string>) => Target | undefined;

/** How long a target may take to accept (milliseconds) before another is asked. */
const connectTimeout = 5000;
/** Idle time (milliseconds) after which the kernel asks whether the other end is still there. */
const keepAlive = 60_000;
/** Bytes that surely fit one packet, which the kernel sends at once while nothing else is under way (RFC 9293, 3.7.4). */
const onePacket = 1000;

/**
 * Carries a connection to the next target. A target that does not accept is
 * passed over for another: it may have ended a moment ago. Where none accepts
 * the client gets a reset, which is what it would have got from the target.
 */
export function relayTcp(client: Socket, next: NextTarget): void {
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

/**
 * Joins two sockets: data, the end of either direction, resets, and a slow reader's back-pressure. Options are set when
 * they begin to matter: in gVisor each costs as much as a read, and all of them came to 40 % of the relay's work on a
 * connection with one question and one answer (docs/performance.md).
 */
function join(client: Socket, upstream: Socket): void {
  const old = setTimeout(() => {
    for (const socket of [client, upstream]) socket.setKeepAlive(true, keepAlive);
  }, keepAlive);
  upstream.on("error", () => client.resetAndDestroy());
  upstream.on("close", () => {
    clearTimeout(old);
    client.destroySoon();
  });
  carry(client, upstream);
  carry(upstream, client);
}

function carry(from: Socket, to: Socket): void {
  let mayWait = true; // for more to send, as the kernel does unless told otherwise
  let isFirst = true;
  from.on("data", (chunk: Buffer) => {
    if (mayWait && (!isFirst || chunk.length > onePacket)) {
      to.setNoDelay(true);
      mayWait = false;
    }
    isFirst = false;
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.resume();
}
