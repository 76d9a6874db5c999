export { cleanArtifacts } from "../artifacts/clean-artifacts.ts";
export { ensureArtifacts, findArtifact } from "../artifacts/ensure-artifacts.ts";
export { listArtifacts } from "../artifacts/list-artifacts.ts";
export { artifactDirectory } from "../artifacts/cache-directory.ts";
export { catalogue } from "../artifacts/catalogue.ts";
