import { request } from "node:https";
import type { ComponentHealth } from "../contract/component.ts";

/** Asks a component's own health endpoint on loopback whether it is well. */
export function probeHttps(
  port: number,
  path: string,
  authority: string,
  signal: AbortSignal,
): Promise<ComponentHealth> {
  return new Promise((resolve) => {
    const end = (health: ComponentHealth): void => {
      resolve(health);
    };
    request({
      host: "127.0.0.1",
      port,
      path,
      ca: authority,
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    })
      .on("response", (response) => {
        response.resume();
        const status = response.statusCode ?? 0;
        end(status === 200 ? { ok: true } : { ok: false, because: `${path} answers ${String(status)}` });
      })
      .on("error", (error) => {
        end({ ok: false, because: `${path}: ${error.message}` });
      })
      .end();
  });
}
