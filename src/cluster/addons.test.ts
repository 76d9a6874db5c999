import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { addonSettings, requireAddons, requireModeFor, requireRunningAddons } from "./addons.ts";

const all = requireAddons(["metrics-server"]);
const settings = addonSettings(all, {
  ports: testSpec("/state").ports,
  addonPorts: { metricsServer: 10_270, resourceMetrics: 10_271 },
  notes: [],
});

function errorOf(act: () => unknown): SandkubeError {
  try {
    act();
  } catch (error) {
    if (error instanceof SandkubeError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("add-ons", () => {
  it("are known by name, each once", () => {
    expect(requireAddons(["metrics-server", "metrics-server"])).toHaveLength(1);
    const error = errorOf(() => requireAddons(["metric-server"]));
    expect(error.exit).toBe("usage");
    expect(error.hint).toContain("metrics-server");
  });

  it("are refused where the mode has no room for them", () => {
    requireModeFor(all, "node");
    for (const mode of ["host-network", "simulated", "control-plane"] as const) {
      const error = errorOf(() => {
        requireModeFor(all, mode);
      });
      expect(error.exit).toBe("unsupported");
      expect(error.message).toContain("mode node");
      requireModeFor([], mode);
    }
  });

  it("have their figures from the kubelet unless a remedy says otherwise", () => {
    expect(settings).toEqual({
      "metrics-server": { port: 10_270, figuresPort: 10_271, figures: { from: "kubelet" } },
    });
    expect(addonSettings([], { ports: testSpec("/state").ports, notes: [] })).toEqual({});
  });

  it("cannot come to a cluster that runs, which is told how it is started again", () => {
    requireRunningAddons(all, testSpec("/state", { addons: settings }));
    const error = errorOf(() => {
      requireRunningAddons(all, testSpec("/state"));
    });
    expect(error.exit).toBe("conflict");
    expect(error.hint).toContain("up --name test --addon metrics-server");
  });
});
