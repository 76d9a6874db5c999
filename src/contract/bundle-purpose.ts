import { clusterModes } from "./cluster-spec.ts";

/** What a bundle may be for. `cluster`: whatever `up` may choose; `all`: everything that sandkube can build. */
export const bundlePurposes = ["cluster", ...clusterModes, "all"] as const;

/** One of {@link bundlePurposes}. */
export type BundlePurpose = (typeof bundlePurposes)[number];
