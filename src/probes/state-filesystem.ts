import type { FactProbe } from "./fact-probe.ts";
import { type Filesystem, filesystemSchema, measureFilesystem } from "./filesystem-type.ts";

/** The filesystem that will hold the cluster's state. */
export const stateFilesystem: FactProbe<Filesystem> = {
  id: "state-filesystem",
  title: "Filesystem of the state directory",
  schema: filesystemSchema,
  measure: (host, _signal, subject) => measureFilesystem(host.files, subject.stateDirectory),
};
