import { describe, expect, it } from "vitest";
import { parseSandboxState, type SandboxState } from "./sandbox-state.ts";

const state: SandboxState = {
  schemaVersion: 1,
  name: "dev",
  phase: "ready",
  gvisor: "20260701",
  runscPath: "/cache/runsc",
  platform: "systrap",
  profile: "agent",
  overlay: "none",
  networkStack: "sandbox",
  iptables: "/usr/sbin/iptables",
  memoryBytes: 1024,
  createdAt: "2026-11-24T08:00:00.000Z",
  mounts: [{ source: "/a", target: "/b" }],
  environment: {},
  published: [{ address: "127.0.0.1", hostPort: 8080, sandboxPort: 30080 }],
  network: { cidr: "10.199.0.0/30", hostAddress: "10.199.0.1", sandboxAddress: "10.199.0.2", nameservers: [] },
  process: { pid: 7, startTicks: 100 },
  notes: [],
};

describe("parseSandboxState", () => {
  it("reads what was written", () => {
    expect(parseSandboxState(JSON.stringify(state))).toEqual({ ok: true, state });
  });

  it("reads a half-made sandbox, which has no network and no process", () => {
    const { network: _network, process: _process, ...half } = state;
    expect(parseSandboxState(JSON.stringify({ ...half, phase: "creating" }))).toMatchObject({ ok: true });
  });

  it.each([
    ["", "not JSON"],
    [JSON.stringify(state).slice(0, 40), "half written"],
    [JSON.stringify({ ...state, schemaVersion: 2 }), "newer sandkube (schema 2"],
    [JSON.stringify({ ...state, profile: "root" }), "profile"],
    ["[]", "expected object"],
  ])("says why it cannot read %j", (text, because) => {
    const parsed = parseSandboxState(text);
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed.ok ? "" : parsed.because).toContain(because);
  });
});
