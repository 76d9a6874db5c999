/** What to do where nothing can be built: the end of a hint. */
export const bundleHint =
  "Where that cannot be: `sandkube bundle create FILE` on a machine that can build, then `sandkube bundle load FILE` here.";
