import type { Host } from "./host.ts";

/** A piece of evidence: what was asked and what was answered, word for word. */
export interface Exhibit {
  /** Where it comes from: a path, a command line, a request. */
  readonly source: string;
  /** What was there, shortened where it is long. */
  readonly content: string;
}

/** What a probe came back with. "Could not tell" is an answer of its own. */
export type Observation<T> = { readonly exhibits: readonly Exhibit[] } & (
  { readonly kind: "measured"; readonly value: T } | { readonly kind: "inconclusive"; readonly because: string }
);

/** What a measurement is about, besides the machine itself. */
export interface ProbeSubject {
  /** The directory that will hold the cluster's state. It need not exist. */
  readonly stateDirectory: string;
}

/** Measures one fact and never judges it. */
export interface Probe<T> {
  /** The file's name, in kebab-case. */
  readonly id: string;
  readonly title: string;
  measure(host: Host, signal: AbortSignal, subject: ProbeSubject): Promise<Observation<T>>;
}

/** What the probes found, by probe id. Can be saved and judged elsewhere. */
export class Facts {
  readonly #observations: ReadonlyMap<string, Observation<unknown>>;

  constructor(observations: ReadonlyMap<string, Observation<unknown>>) {
    this.#observations = observations;
  }

  /** A probe's observation; inconclusive where it was not run. */
  of<T>(probe: Probe<T>): Observation<T> {
    return (
      (this.#observations.get(probe.id) as Observation<T> | undefined) ?? {
        kind: "inconclusive",
        because: `${probe.id} was not measured`,
        exhibits: [],
      }
    );
  }

  /** A probe's value, or undefined where it could not tell. */
  value<T>(probe: Probe<T>): T | undefined {
    const observation = this.of(probe);
    return observation.kind === "measured" ? observation.value : undefined;
  }

  entries(): IterableIterator<[string, Observation<unknown>]> {
    return this.#observations.entries();
  }
}
