import { expect, test } from "vitest";
import { clusterName, type TestCluster } from "./test-cluster.ts";

/** Registers the test that a chart with a volume and a Service is installed, upgraded and removed by upstream's helm. */
export function testHelm(cluster: () => TestCluster): void {
  test("helm installs a chart, upgrades it over the same volume, and removes it", async () => {
    const { kubectl, machine } = cluster();
    const helm = async (...words: string[]): Promise<string> => {
      const outcome = await machine.sandkube("helm", "--name", clusterName, ...words);
      expect(outcome.exitCode, outcome.stderr).toBe(0);
      return outcome.stdout;
    };
    const chart = `${machine.packageRoot}/test/fixtures/chart`;
    expect(await helm("install", "greeter", chart, "--wait", "--timeout", "100s")).toContain("STATUS: deployed");
    const address = await kubectl("get", "service", "greeter", "-o", "jsonpath={.spec.clusterIP}");
    const ask = async (): Promise<string> => (await machine.shell(`curl -s --max-time 10 http://${address}/`)).stdout;
    expect(await ask()).toBe("hello\n");
    await helm("upgrade", "greeter", chart, "--set", "greeting=again", "--wait", "--timeout", "100s");
    expect(await ask()).toBe("hello\nagain\n");
    expect(await helm("history", "greeter")).toContain("superseded");
    await helm("uninstall", "greeter", "--wait", "--timeout", "100s");
    await kubectl("wait", "--for=delete", "pvc/greeter", "--timeout=60s");
  });
}
