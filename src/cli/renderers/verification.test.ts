import { describe, expect, it } from "vitest";
import type { VerifyReport } from "../../cluster/verify.ts";
import { renderVerification } from "./verification.ts";

const report: VerifyReport = {
  schema: "sandkube.dev/verify/v1",
  cluster: "default",
  mode: "node",
  verdict: "refuted",
  counts: { proved: 1, refuted: 1, inconclusive: 0, "not-applicable": 1 },
  checks: [
    {
      id: "api-ready",
      claim: "It is ready",
      outcome: "proved",
      because: "it says so",
      exhibits: [{ source: "GET /readyz", content: "ok\nok" }],
      durationMs: 12,
    },
    { id: "pod-runs", claim: "A pod runs", outcome: "refuted", because: "it waits", exhibits: [], durationMs: 90_000 },
    { id: "policy", claim: "It is kept", outcome: "not-applicable", because: "none", exhibits: [], durationMs: 0 },
  ],
  left: ["/api/v1/namespaces/x: still there"],
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 91_500,
};

describe("renderVerification", () => {
  it("says what was not proved, what is left, and what it comes to", () => {
    expect(renderVerification(report, false, false)).toBe(
      [
        "✗ pod-runs: A pod runs",
        "    refuted: it waits",
        "left behind: /api/v1/namespaces/x: still there",
        "refuted: 1 proved, 1 refuted, 1 not applicable, in 91.5 s",
        "",
      ].join("\n"),
    );
  });

  it("shows everything with its evidence where asked", () => {
    const text = renderVerification(report, true, false);
    expect(text).toContain("✓ api-ready: It is ready\n    proved: it says so\n    GET /readyz\n      ok\n      ok\n");
    expect(text).toContain("- policy: It is kept\n    not-applicable: none\n");
  });
});
