import { stateLayout } from "../../contract/state-layout.ts";
import { withMounts } from "../../remedies/node-mounts.ts";
import { laboratoryOnly, type Technique } from "./technique.ts";

/**
 * The kubelet's directory on a filesystem that cAdvisor knows, so that it need
 * not be told to leave storage alone. Not a remedy: in every gVisor measured the
 * statistics of the root cgroup are missing as well, without which cAdvisor
 * answers nothing of any filesystem (src/blockers/cgroup-statistics-missing.ts).
 */
export const kubeletRootOnTmpfs: Technique = {
  remedy: {
    ...laboratoryOnly,
    id: "kubelet-root-on-tmpfs",
    title: "Keep the kubelet's directory in memory",
    disclosure: "Logs of containers and emptyDir volumes lie in memory.",
    adjust: (spec) => withMounts(spec, [{ kind: "tmpfs", target: stateLayout(spec.stateDirectory).kubelet }]),
  },
};
