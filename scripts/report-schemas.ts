import { fileURLToPath } from "node:url";
import { createGenerator } from "ts-json-schema-generator";

/** The reports of `--output json`, by the name of their schema file: where each type is declared. */
const reports = {
  up: "UpReport",
  demo: "DemoReport",
  down: "DownReport",
  status: "StatusReport",
  doctor: "DoctorReport",
  plan: "PlanClusterReport",
  explain: "ExplainReport",
  "explain-list": "ExplainListReport",
  report: "ClusterReport",
  load: "LoadReport",
  "bundle-create": "BundleCreateReport",
  "bundle-load": "BundleLoadReport",
  "image-build": "ImageBuildReport",
  "addon-list": "AddonListReport",
  addon: "AddonReport",
  "image-list": "ImageListReport",
  "image-remove": "ImageRemoveReport",
  "image-save": "ImageSaveReport",
  verify: "Verification",
  "verify-list": "VerifyListReport",
  version: "VersionReport",
  lab: "LabReport",
  "lab-list": "LabListReport",
  "sandbox-list": "SandboxListReport",
};

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Makes the JSON schemas of all reports out of their TypeScript types, so that
 * the two cannot differ.
 *
 * @returns file name -> content
 */
export function reportSchemas(): ReadonlyMap<string, string> {
  const generator = createGenerator({
    path: `${root}/src/cluster/*.ts`,
    tsconfig: `${root}/tsconfig.json`,
    topRef: false,
    additionalProperties: true,
    skipTypeCheck: true,
  });
  return new Map(
    Object.entries(reports).map(([name, type]) => {
      const schema = { ...generator.createSchema(type), $id: `https://sandkube.dev/schemas/${name}/v1` };
      return [`${name}.json`, `${JSON.stringify(schema, undefined, 2)}\n`];
    }),
  );
}
