import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Pods that start side by side share two cores with gVisor: more at once only makes each slower.
    maxConcurrency: 2,
    // One project after the other: each has tests that hold a port or count what there is on the machine.
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 30_000, sequence: { groupOrder: 0 } } },
      {
        test: {
          name: "integration",
          sequence: { groupOrder: 1 },
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          sequence: { groupOrder: 2 },
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          // The first one may build every artifact.
          hookTimeout: 2_400_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
