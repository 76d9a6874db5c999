import type { Remedy } from "../contract/remedy.ts";

/** Tells runc to leave session keyrings alone. */
export const noNewKeyring: Remedy = {
  id: "no-new-keyring",
  title: "Let containers keep the session keyring they start with",
  clears: ["keyring-missing"],
  fidelity: "emulated",
  harmless: true,
  cost: "nothing",
  disclosure: "runc runs with --no-new-keyring: containers share a session keyring where the kernel has any.",
  feasible: () => ({ verdict: "clear" }),
  adjust: (spec) => ({ ...spec, containerd: { ...spec.containerd, noNewKeyring: true } }),
};
