import type { Host } from "./host.ts";
import type { Progress } from "./progress.ts";

/** Where an artifact comes from. Folders are under go/, or native/ for C of our own; an absolute path is taken as it is. */
export type ArtifactSource = GoSource | CSource | NativeSource | DebianSource;

/** A program that the Go toolchain builds. */
export interface GoSource {
  readonly kind: "go";
  /** The folder whose go.mod and go.sum pin every module. */
  readonly folder: string;
  /** What to build: "." or a package path of a pinned module. */
  readonly package: string;
  /** The pinned module whose version is the artifact's; undefined for a program of our own. */
  readonly versionOf?: string;
  /** Whether C code is compiled in; such a program is linked statically. */
  readonly cgo: boolean;
  readonly tags?: readonly string[];
  /** Go's -X variables ("import/path.name"): the upstream version, put where upstream's own build puts it. */
  readonly stamps?: (version: string) => Readonly<Record<string, string>>;
  /** Debian packages that the build needs besides Go. */
  readonly systemPackages?: readonly string[];
}

/** A one-file C program taken, unchanged, out of a pinned Go module. */
export interface CSource {
  readonly kind: "c";
  /** The folder whose go.mod pins the module. */
  readonly folder: string;
  /** The pinned module; its version is the artifact's. */
  readonly module: string;
  /** The file's path inside the module. */
  readonly file: string;
  readonly flags: readonly string[];
  readonly systemPackages?: readonly string[];
}

/** A C program of our own: every .c file of a folder, linked statically. */
export interface NativeSource {
  readonly kind: "native";
  /** The folder under native/. */
  readonly folder: string;
  readonly flags: readonly string[];
  readonly systemPackages?: readonly string[];
}

/** One file of a Debian package, pinned by the package's checksum. */
export interface DebianSource {
  readonly kind: "debian";
  readonly package: string;
  readonly version: string;
  readonly suite: string;
  /** Debian's name of the only architecture that the checksum is for. */
  readonly architecture: string;
  /** The SHA-256 of the .deb file, as in the suite's Packages index. */
  readonly sha256: string;
  /** The file's path inside the package, without a leading slash. */
  readonly path: string;
}

/** A binary that sandkube builds or fetches. */
export interface Artifact {
  /** The name callers ask for, and of the file it becomes. */
  readonly name: string;
  readonly source: ArtifactSource;
  /** Other names for the file, made as links beside it: the programs of a multi-call binary. */
  readonly links?: readonly string[];
}

/** What the artifact cache needs to work. */
export interface ArtifactContext {
  readonly host: Host;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The artifacts there are. Default: sandkube's own catalogue. */
  readonly catalogue?: readonly Artifact[];
}
