import tseslint from "typescript-eslint";

/**
 * Who may import whom (docs/architecture.md). A folder may import itself and
 * the folders listed; everything else is an error that says why.
 */
const layers = {
  contract: { may: [], because: "contract/ is what everything shares; it imports nothing of ours" },
  host: { may: ["contract"], because: "host/ is the only door to the operating system and knows nothing above it" },
  probes: { may: ["contract", "host"], because: "a probe measures through the host and judges nothing" },
  blockers: { may: ["contract", "probes"], because: "a blocker is pure: it knows probes for their typed keys only" },
  remedies: {
    may: ["contract", "probes", "artifacts", "supervisor", "host"],
    because: "a remedy adjusts the cluster's specification",
  },
  plan: { may: ["contract"], because: "the planner is pure; catalogues are arguments" },
  artifacts: { may: ["contract", "host"], because: "artifacts/ gets binaries and knows no cluster" },
  images: { may: ["contract", "host", "artifacts"], because: "images/ knows no cluster" },
  bundles: {
    may: ["contract", "host", "artifacts", "images"],
    because: "bundles/ carries the cache and knows no cluster",
  },
  pki: { may: ["contract", "host"], because: "pki/ makes certificates and knows no cluster" },
  registries: {
    may: ["contract", "host"],
    because: "registries/ says how registries are reached and knows no cluster",
  },
  kube: { may: ["contract", "host"], because: "kube/ talks to a running API server" },
  network: { may: ["contract", "host", "kube"], because: "network/ serves services and knows no component" },
  storage: { may: ["contract", "host", "kube"], because: "storage/ serves claims and knows no component" },
  supervisor: { may: ["contract", "host"], because: "supervisor/ runs any components; it knows none" },
  components: {
    may: ["contract", "host", "supervisor", "kube", "artifacts", "pki", "network", "registries"],
    because: "a component is one process",
  },
  distributions: { may: ["contract", "components", "artifacts"], because: "a distribution lists components" },
  evidence: { may: ["contract", "host", "kube"], because: "a check looks at a running cluster from outside" },
  lab: {
    may: ["contract", "host", "probes", "remedies", "images"],
    because: "lab/ lists what is tried and reads what came of it; cluster/ runs it",
  },
  sandbox: { may: ["contract", "host", "artifacts"], because: "sandbox/ makes sandboxes and knows no cluster" },
  cluster: {
    may: [
      "contract",
      "host",
      "probes",
      "blockers",
      "remedies",
      "plan",
      "artifacts",
      "images",
      "bundles",
      "pki",
      "registries",
      "kube",
      "network",
      "storage",
      "supervisor",
      "components",
      "distributions",
      "evidence",
      "lab",
      "sandbox",
    ],
    because: "cluster/ holds the use cases and does not know how they are shown",
  },
  cli: { may: ["contract", "cluster", "host"], because: "a command is flags and one call of a use case" },
};

const folders = Object.keys(layers);

const importRules = folders.map((folder) => {
  const forbidden = folders.filter((other) => other !== folder && !layers[folder].may.includes(other));
  const osModules = ["node:child_process", "node:fs", "node:fs/promises", "node:net", "node:dgram"];
  const patterns = forbidden.length
    ? [
        {
          regex: `(^|/)\\.\\./(\\.\\./)*(${forbidden.join("|")})/`,
          message: `${layers[folder].because} (docs/architecture.md).`,
        },
      ]
    : [];
  const paths = ["host", "supervisor", "network"].includes(folder)
    ? []
    : osModules.map((name) => ({
        name,
        ...(name === "node:net" ? { allowImportNames: ["isIP", "BlockList"] } : {}), // pure functions
        message: "Only host/ and supervisor/ touch processes, files and sockets; take a Host (docs/architecture.md).",
      }));
  return {
    files: [`src/${folder}/**/*.ts`],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-imports": ["error", { patterns, paths }] },
  };
});

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/explicit-function-return-type": ["error", { allowExpressions: true }],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "No default exports: a thing has one name." },
        { selector: "TSEnumDeclaration", message: "Use a union of literals." },
      ],
      // "using _lock = ..." holds a resource that is only released.
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
      eqeqeq: "error",
      "max-lines": ["error", { max: 400, skipComments: true, skipBlankLines: true }],
    },
  },
  { files: ["**/*.config.{js,ts}"], rules: { "no-restricted-syntax": "off" } },
  {
    files: ["eslint.config.js", "scripts/*.mjs", "test/fixtures/programs/*.mjs"],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      "@typescript-eslint/explicit-function-return-type": "off",
    },
  },
  ...importRules,
);
