import type { Blocker } from "../contract/blocker.ts";
import { stateFilesystem } from "../probes/state-filesystem.ts";
import { blocked, clear, controlPlaneComponents, judge, mebibytes } from "./judge.ts";

/** The datastore of a small cluster and its logs. */
const needed = 128 * 2 ** 20;

/** No room for the datastore. */
export const lowDisk: Blocker = {
  id: "low-disk",
  title: "The state directory's filesystem is full",
  needs: [stateFilesystem],
  stops: controlPlaneComponents,
  upstream: "https://www.sqlite.org/rescode.html#full",
  diagnose: (facts) =>
    judge(facts, stateFilesystem, ({ freeBytes, path }) =>
      freeBytes >= needed
        ? clear
        : blocked(`${mebibytes(freeBytes)} are free at ${path}, and ${mebibytes(needed)} are needed`),
    ),
};
