import { servePublishedPorts as serve } from "../network/published-ports.ts";

/**
 * The body of the published-ports process, until the signal.
 *
 * @param address the sandbox's
 * @param words ADDRESS:HOST:NODE each
 */
export async function servePublishedPorts(
  address: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const forwardings = words.map((word) => {
    const [own = "", port = "", targetPort = ""] = word.split(":");
    return { address: own, port: Number(port), target: { address, port: Number(targetPort) } };
  });
  await serve(forwardings, signal);
}
