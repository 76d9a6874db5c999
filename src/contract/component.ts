import type { ComponentName } from "./component-name.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

/** A process to run. Secrets never stand in `argv` or `environment`; files hold them. */
export interface ProcessSpec {
  readonly argv: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
}

/** One process of a cluster, over its whole life. */
export interface Component {
  readonly name: ComponentName;
  /** The components that have to be ready before this one starts. */
  readonly after: readonly ComponentName[];
  /** Writes the configuration files and says what to run. */
  prepare(spec: ClusterSpec, signal: AbortSignal): Promise<ProcessSpec>;
  /** Asks once whether it serves; says why not. */
  probe(spec: ClusterSpec, signal: AbortSignal): Promise<ComponentHealth>;
}

/** The answer of {@link Component.probe}. */
export type ComponentHealth = { readonly ok: true } | { readonly ok: false; readonly because: string };
