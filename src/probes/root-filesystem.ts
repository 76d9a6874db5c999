import type { FactProbe } from "./fact-probe.ts";
import { type Filesystem, filesystemSchema, measureFilesystem } from "./filesystem-type.ts";

/** The filesystem of /. */
export const rootFilesystem: FactProbe<Filesystem> = {
  id: "root-filesystem",
  title: "Filesystem of /",
  schema: filesystemSchema,
  measure: (host) => measureFilesystem(host.files, "/"),
};
