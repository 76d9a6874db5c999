import { fileURLToPath } from "node:url";

/**
 * The directory of this package, which holds package.json, go/ and dist/. The
 * same from src/host/ and from the bundles, which lie as deep (scripts/bundle.mjs).
 */
export const packageRoot = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
