import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { ensureSystemPackages } from "../../src/artifacts/system-packages.ts";
import { silent } from "../../src/contract/progress.ts";
import { SandkubeError } from "../../src/contract/sandkube-error.ts";
import { localHost } from "../../src/host/local-host.ts";

/** How a page is looked at. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
}

/** A page in a real browser. */
export interface Page extends AsyncDisposable {
  /** The addresses of everything that was asked for, the page itself among them. */
  readonly requests: readonly string[];
  /** What the page complained of: errors, and what its policy forbade. */
  readonly complaints: readonly string[];
  /** Looks at it anew. */
  view(view: View): Promise<void>;
  /** Runs an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Clicks in the middle of an element, with the mouse. */
  click(selector: string): Promise<void>;
  /** A picture of the whole page, as PNG. */
  screenshot(): Promise<Buffer>;
}

/** Finds Chromium, or installs it where that may be done; the reason where neither is possible. */
export async function findChromium(): Promise<
  { readonly path: string } | { readonly path: undefined; readonly because: string }
> {
  const host = localHost();
  const known = async (): Promise<string | undefined> =>
    (await host.commands.find("chromium")) ?? (await host.commands.find("google-chrome"));
  try {
    if ((await known()) === undefined) {
      const signal = AbortSignal.timeout(600_000);
      await ensureSystemPackages(["chromium"], { host, progress: silent, signal });
    }
  } catch (error) {
    if (error instanceof SandkubeError) return { path: undefined, because: error.message };
    throw error;
  }
  const path = await known();
  return path === undefined ? { path, because: "there is no chromium on the PATH" } : { path };
}

/** Opens an address in a browser of its own, with scripts of the page switched off; disposal ends it. */
export async function openPage(chromium: string, address: string): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), "sandkube-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox", // which root needs
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    `--user-data-dir=${profile}`,
    "--remote-debugging-pipe",
    "about:blank",
  ];
  const child = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });
  const end = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL"); // its renderers, too
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const protocol = new Protocol(child.stdio[3] as Writable, child.stdio[4] as Readable, ended);
    return await attach(protocol, address, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function attach(protocol: Protocol, address: string, end: () => Promise<void>): Promise<Page> {
  const { targetId } = (await protocol.send("Target.createTarget", { url: "about:blank" })) as { targetId: string };
  const attached = await protocol.send("Target.attachToTarget", { targetId, flatten: true });
  const { sessionId } = attached as { sessionId: string };
  const send = (method: string, parameters: object = {}): Promise<unknown> =>
    protocol.send(method, parameters, sessionId);
  const requests: string[] = [];
  const complaints: string[] = [];
  let loaded = (): void => undefined;
  const load = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  protocol.listen((method, parameters) => {
    if (method === "Network.requestWillBeSent") requests.push((parameters as { request: { url: string } }).request.url);
    if (method === "Log.entryAdded") complaints.push((parameters as { entry: { text: string } }).entry.text);
    if (method === "Page.loadEventFired") loaded();
  });
  for (const domain of ["Page", "Network", "Log", "Runtime", "DOM"]) await send(`${domain}.enable`);
  await send("Emulation.setScriptExecutionDisabled", { value: true });
  await send("Page.navigate", { url: address });
  await load;
  const evaluate = async <T>(expression: string): Promise<T> => {
    const answer = (await send("Runtime.evaluate", { expression, returnByValue: true })) as {
      result: { value: T };
      exceptionDetails?: object;
    };
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  };
  return {
    requests,
    complaints,
    evaluate,
    view: async ({ width, height, scheme }) => {
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 700 });
      await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    },
    click: async (selector) => {
      const found = `document.querySelector(${JSON.stringify(selector)})`;
      await evaluate(`${found}.scrollIntoView({block:"center"})`);
      const middle = await evaluate<{ x: number; y: number }>(
        `(({left,top,width,height})=>({x:left+width/2,y:top+height/2}))(${found}.getBoundingClientRect())`,
      );
      const mouse = { ...middle, button: "left", clickCount: 1 };
      await send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
      await send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
    },
    screenshot: async () => {
      const shot = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
      return Buffer.from((shot as { data: string }).data, "base64");
    },
    [Symbol.asyncDispose]: end,
  };
}

/** The Chrome DevTools protocol over a pair of pipes: JSON messages, each ended by a zero byte. */
class Protocol {
  readonly #output: Writable;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #listener: (method: string, parameters: unknown) => void = () => undefined;
  #last = 0;

  constructor(output: Writable, input: Readable, ended: Promise<void>) {
    this.#output = output;
    let text = "";
    input.setEncoding("utf8").on("data", (chunk: string) => {
      const messages = (text + chunk).split("\0");
      text = messages.pop() ?? "";
      for (const message of messages) this.#receive(message);
    });
    for (const stream of [input, output]) stream.on("error", () => undefined); // its end is told below
    void ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the browser has ended"));
    });
  }

  listen(listener: (method: string, parameters: unknown) => void): void {
    this.#listener = listener;
  }

  send(method: string, parameters: object, sessionId?: string): Promise<unknown> {
    const id = ++this.#last;
    this.#output.write(`${JSON.stringify({ id, method, params: parameters, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #receive(message: string): void {
    const { id, method, params, result, error } = JSON.parse(message) as {
      id?: number;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: { message: string };
    };
    if (method !== undefined) this.#listener(method, params);
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}
