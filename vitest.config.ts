import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Pods that start side by side share two cores with gVisor: more at once only makes each slower.
    maxConcurrency: 2,
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], testTimeout: 30_000 } },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          // The first one may build every artifact.
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
