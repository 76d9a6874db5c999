import { componentNames } from "../contract/component-name.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { unknownName } from "../contract/unknown-name.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { lastLines } from "../supervisor/component-log.ts";
import { requireClusterRecord } from "./cluster-record.ts";
import type { Session } from "./session.ts";

/** What to print of a log. */
export interface LogRequest {
  readonly name: string;
  readonly stateDirectory: string;
  /** A component, or `supervisor`. */
  readonly component: string;
  readonly lines: number;
  readonly follow: boolean;
  readonly write: (text: string) => void;
}

/**
 * Prints the last lines of a component's log and, where asked, goes on with what comes until the signal.
 *
 * @throws SandkubeError (notFound) for an unknown component or one without a log
 */
export async function componentLogs(request: LogRequest, { host, signal }: Session): Promise<void> {
  const { spec } = await requireClusterRecord(request.name, request.stateDirectory, host);
  const known: readonly string[] = [...componentNames, "supervisor"];
  if (!known.includes(request.component)) {
    throw unknownName({ kind: "component", name: request.component, known, exit: "notFound" });
  }
  const path = `${stateLayout(spec.stateDirectory).logs}/${request.component}.log`;
  const status = await host.files.status(path);
  if (status === undefined) {
    throw new SandkubeError({
      title: `${request.component} has no log`,
      message: `${path} is not there; it has not been started in mode ${spec.mode}.`,
      exit: "notFound",
    });
  }
  for (const line of await lastLines(path, request.lines)) request.write(`${line}\n`);
  if (!request.follow) return;
  let position = status.size;
  while (!signal.aborted) {
    const size = (await host.files.status(path))?.size ?? 0;
    if (size < position) position = 0; // the log was emptied because it had grown too long
    if (size > position) {
      for await (const chunk of host.files.openRead(path, { start: position, end: size - 1 })) {
        request.write(String(chunk));
      }
      position = size;
    }
    await host.clock.sleep(200, signal).catch(() => undefined);
  }
}
