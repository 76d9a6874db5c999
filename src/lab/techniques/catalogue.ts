import { cgroupFilesOnRoot } from "./cgroup-files-on-root.ts";
import { cgroupFilesOnTmpfs } from "./cgroup-files-on-tmpfs.ts";
import { kubeletRootOnTmpfs } from "./kubelet-root-on-tmpfs.ts";
import { preloadedLibrary } from "./preloaded-library.ts";
import type { Technique } from "./technique.ts";
import { plainPtrace, plainPtraceEverywhere, redirectorEverywhere } from "./tracers.ts";

/** Every technique that only the laboratory knows, in the order in which they are applied, after the remedies. */
export const techniques: readonly Technique[] = [
  cgroupFilesOnRoot,
  cgroupFilesOnTmpfs,
  kubeletRootOnTmpfs,
  preloadedLibrary,
  plainPtrace,
  plainPtraceEverywhere,
  redirectorEverywhere,
];
