import type { Host } from "./host.ts";
import type { Progress } from "./progress.ts";

/** Where an artifact comes from. */
export type ArtifactSource =
  | {
      readonly kind: "go";
      /** The folder under go/ whose go.mod pins the modules. */
      readonly module: string;
      /** What to build: "." or a package path of a pinned module. */
      readonly package: string;
      readonly cgo: boolean;
      readonly tags?: readonly string[];
      readonly linkerFlags?: string;
    }
  | {
      readonly kind: "debian";
      readonly package: string;
      readonly version: string;
      readonly suite: string;
      readonly path: string;
      readonly sha256: string;
    };

/** A binary that sandkube builds or fetches. */
export interface Artifact {
  /** The name of the file it becomes. */
  readonly name: string;
  /** The upstream version it holds. */
  readonly version: string;
  readonly source: ArtifactSource;
}

/** What the artifact cache needs to work. */
export interface ArtifactContext {
  readonly host: Host;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}
