import { withMounts } from "../../remedies/node-mounts.ts";
import { cgroupFiles } from "./cgroup-files.ts";
import { laboratoryOnly, type Technique } from "./technique.ts";

/** Experiment 11: the files on a tmpfs, a filesystem that cAdvisor knows. */
export const cgroupFilesOnTmpfs: Technique = {
  remedy: {
    ...laboratoryOnly,
    id: "cgroup-files-on-tmpfs",
    title: "Cgroup files made by hand, on a tmpfs",
    disclosure: "The cgroup files are plain files: nothing is counted and nothing is limited.",
    adjust: (spec) =>
      withMounts(
        spec,
        Object.entries(cgroupFiles).map(([controller, files]) => ({
          kind: "supplement",
          target: `/sys/fs/cgroup/${controller}`,
          files,
        })),
      ),
  },
};
