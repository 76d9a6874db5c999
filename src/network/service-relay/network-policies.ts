import { isAborted } from "../../contract/is-aborted.ts";
import type { Clock } from "../../contract/host.ts";
import type { ApiClient } from "../../kube/api-client.ts";
import { policyNotEnforced } from "../../kube/network-policy-warning.ts";
import { watchObjects } from "../../kube/watch-objects.ts";
import { Changes } from "../../kube/changes.ts";
import { FollowedObjects } from "../../kube/followed-objects.ts";
import { log } from "./log.ts";
import { relayComponent } from "./relay-settings.ts";
import { WarningEvents, type Warning } from "../../kube/warning-events.ts";

/** The parts of a NetworkPolicy that say which one it is. */
export interface NetworkPolicy {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    /** Grows when what the policy asks for changes. */
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
  };
}

const group = "networking.k8s.io/v1";

/** Milliseconds: after a failure, and to look whether an event is old. */
const pause = { failed: 2000, idle: 60_000 };

/**
 * Tells of each NetworkPolicy, by an event on it, that nobody enforces it, until
 * the signal (docs/adr/0013-network-policy.md). What fails is tried again.
 */
export async function refusePolicies(
  client: ApiClient,
  nodeName: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const changes = new Changes(clock);
  const policies = new FollowedObjects<NetworkPolicy>(
    () => {
      changes.tell();
    },
    (because) => {
      log(`networkpolicies: ${because}`);
    },
  );
  const events = new WarningEvents(client, { component: relayComponent, host: nodeName }, clock);
  const watch = watchObjects(client, `/apis/${group}/networkpolicies`, policies, { clock, signal });
  let most = pause.idle;
  while (!isAborted(signal)) {
    await changes.next(most, signal);
    if (isAborted(signal) || !policies.isKnown) continue;
    try {
      await events.say(policyWarnings(policies.values()), signal);
      most = pause.idle;
    } catch (error) {
      most = pause.failed;
      if (!isAborted(signal)) log(`networkpolicies: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await watch;
}

/** What is to be said of policies: of each generation once, as its author may have counted on the change. Pure. */
export function policyWarnings(policies: Iterable<NetworkPolicy>): readonly Warning[] {
  return [...policies]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => ({
      about: { apiVersion: group, kind: "NetworkPolicy", metadata },
      reason: "NotEnforced",
      message: policyNotEnforced,
      key: `${metadata.uid} ${String(metadata.generation ?? 1)}`,
    }));
}
