import { createSocket, type Socket } from "node:dgram";
import { targetKey } from "./balancer.ts";
import type { Listener, ListenerContext } from "./listener.ts";
import { sourceFilter } from "./source-ranges.ts";
import type { WantedListener } from "./wanted-state.ts";

/** One client of a UDP port, and the socket through which its target sees it. */
interface Flow {
  readonly upstream: Socket;
  readonly target: string;
  /** What came before the socket was connected; undefined once it is. */
  waiting: Buffer[] | undefined;
  answered: boolean;
  lastUse: number;
}

/** As Linux's connection tracking forgets flows: net.netfilter.nf_conntrack_udp_timeout and _stream (milliseconds). */
const idle = { unanswered: 30_000, answered: 120_000 };
const sweepInterval = 5000;
/** Between two sockets of one listener (milliseconds): what cannot be reached at all must not cost one a datagram. */
const reopenInterval = 1000;
/** The flow that was used longest ago makes room, so that a flood of clients cannot take every descriptor. */
const mostFlows = 2048;
/** Datagrams that a flow keeps while its socket is made ready. */
const mostWaiting = 64;
/** Room for bursts (bytes); the kernel may give less. */
const receiveBuffer = 1024 * 1024;

/** Listens for datagrams and keeps each client with one target for as long as they talk. */
export class UdpListener implements Listener {
  #wanted: WantedListener;
  #mayConnect: (address: string) => boolean;
  readonly #context: ListenerContext;
  #socket: Socket | undefined;
  #isClosed = false;
  #openedAt = 0;
  /** By ADDRESS:PORT of the client, the longest unused first. */
  readonly #flows = new Map<string, Flow>();
  readonly #sweep: NodeJS.Timeout;

  constructor(wanted: WantedListener, context: ListenerContext) {
    this.#wanted = wanted;
    this.#mayConnect = sourceFilter(wanted.sourceRanges);
    this.#context = context;
    this.#sweep = setInterval(() => {
      this.#forgetIdle();
      if (this.#socket === undefined && this.#openedAt !== 0) this.#bind().catch(() => undefined);
    }, sweepInterval).unref();
  }

  async open(): Promise<void> {
    try {
      await this.#bind();
    } catch (error) {
      clearInterval(this.#sweep);
      throw error;
    }
  }

  update(wanted: WantedListener): void {
    if (String(wanted.sourceRanges) !== String(this.#wanted.sourceRanges)) {
      this.#mayConnect = sourceFilter(wanted.sourceRanges);
    }
    this.#wanted = wanted;
    // Nobody would notice that a target is gone: UDP has no connection to break.
    const targets = new Set(wanted.targets.map(targetKey));
    for (const [client, flow] of this.#flows) if (!targets.has(flow.target)) this.#end(client, flow);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    for (const [client, flow] of this.#flows) this.#end(client, flow);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #bind(): Promise<void> {
    const socket = createSocket("udp4");
    socket.on("message", (data, { address, port }) => {
      this.#receive(data, address, port);
    });
    this.#openedAt = this.#context.now();
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address: this.#wanted.address, port: this.#wanted.port, exclusive: true }, () => {
        socket.removeAllListeners("error");
        // An answer that could not be sent is a datagram lost.
        socket.on("error", () => undefined);
        enlargeBuffer(socket);
        if (this.#isClosed) socket.close();
        else this.#socket = socket;
        resolve();
      });
    });
  }

  /**
   * In gVisor a UDP socket sends through one link for ever: one that had its address as it was bound. The node's own
   * address is on every pod's link, and with the link's pod the socket is mute; it hears on
   * (RegisterNICID in https://github.com/google/gvisor/blob/master/pkg/tcpip/transport/internal/network/endpoint.go).
   */
  #answer(data: Buffer, port: number, address: string): void {
    const socket = this.#socket;
    socket?.send(data, port, address, (error: NodeJS.ErrnoException | null) => {
      if (error?.code !== "ENETUNREACH" && error?.code !== "EHOSTUNREACH") return;
      // Another answer may have had the socket replaced meanwhile.
      if (this.#socket !== socket) this.#sendOnce(data, port, address);
      else if (this.#context.now() - this.#openedAt >= reopenInterval) void this.#reopen(data, port, address);
    });
  }

  #sendOnce(data: Buffer, port: number, address: string): void {
    this.#socket?.send(data, port, address, () => undefined);
  }

  async #reopen(data: Buffer, port: number, address: string): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    try {
      await this.#bind();
      this.#sendOnce(data, port, address);
    } catch {
      // Somebody took the port in this instant; the sweep tries again.
    }
  }

  #receive(data: Buffer, address: string, port: number): void {
    if (!this.#mayConnect(address)) return;
    const client = `${address}:${String(port)}`;
    const flow = this.#flows.get(client) ?? this.#begin(client, address, port);
    if (flow === undefined) return;
    flow.lastUse = this.#context.now();
    this.#flows.delete(client);
    this.#flows.set(client, flow);
    if (flow.waiting === undefined) this.#send(client, flow, data);
    else if (flow.waiting.length < mostWaiting) flow.waiting.push(data);
  }

  #send(client: string, flow: Flow, data: Buffer): void {
    flow.upstream.send(data, (error) => {
      if (error !== null) this.#end(client, flow);
    });
  }

  #begin(client: string, address: string, port: number): Flow | undefined {
    const target = this.#context.balancer.choose(() => address, this.#wanted.targets);
    if (target === undefined) return undefined;
    const [oldest] = this.#flows;
    if (oldest !== undefined && this.#flows.size >= mostFlows) this.#end(...oldest);
    const upstream = createSocket("udp4");
    const flow: Flow = {
      upstream,
      target: targetKey(target),
      waiting: [],
      answered: false,
      lastUse: this.#context.now(),
    };
    this.#flows.set(client, flow);
    upstream.on("message", (answer) => {
      flow.answered = true;
      flow.lastUse = this.#context.now();
      this.#answer(answer, port, address);
    });
    // "Port unreachable" of the target: the next datagram finds another.
    upstream.on("error", () => {
      this.#end(client, flow);
    });
    upstream.connect(target.port, target.address, () => {
      const { waiting = [] } = flow;
      flow.waiting = undefined;
      if (this.#flows.get(client) === flow) for (const data of waiting) this.#send(client, flow, data);
    });
    return flow;
  }

  #end(client: string, flow: Flow): void {
    if (this.#flows.get(client) !== flow) return;
    this.#flows.delete(client);
    flow.upstream.close();
  }

  #forgetIdle(): void {
    const now = this.#context.now();
    for (const [client, flow] of this.#flows) {
      if (now - flow.lastUse > (flow.answered ? idle.answered : idle.unanswered)) this.#end(client, flow);
    }
  }
}

function enlargeBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBuffer);
  } catch {
    // The kernel's own size does, for smaller bursts.
  }
}
