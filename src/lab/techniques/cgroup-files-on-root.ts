import { withMounts } from "../../remedies/node-mounts.ts";
import { cgroupFiles } from "./cgroup-files.ts";
import { laboratoryOnly, techniqueDirectory, type Technique } from "./technique.ts";

/** Experiment 10: files on the root filesystem, bound over the cgroup hierarchies. */
export const cgroupFilesOnRoot: Technique = {
  remedy: {
    ...laboratoryOnly,
    id: "cgroup-files-on-root",
    title: "Bind cgroup files made by hand, on the root filesystem",
    disclosure: "The cgroup files are plain files: nothing is counted and nothing is limited.",
    adjust: (spec) =>
      withMounts(
        spec,
        Object.keys(cgroupFiles).map((controller) => ({
          kind: "bind",
          source: `${techniqueDirectory(spec.stateDirectory)}/${controller}`,
          target: `/sys/fs/cgroup/${controller}`,
        })),
      ),
  },
  async prepare(host, directory) {
    for (const [controller, files] of Object.entries(cgroupFiles)) {
      for (const [name, content] of Object.entries(files)) {
        await host.files.write(`${directory}/${controller}/${name}`, content);
      }
    }
  },
};
