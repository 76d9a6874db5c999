import type { Host } from "../contract/host.ts";
import type { Component } from "../contract/component.ts";
import { stateLayout } from "../contract/state-layout.ts";

/** kine: the etcd API over one SQLite file (https://github.com/k3s-io/kine). */
export function kine(host: Host): Component {
  return {
    name: "kine",
    after: [],
    async prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      await host.files.makeDirectory(layout.datastore, { mode: 0o700 });
      await host.files.remove(layout.kineSocket);
      return {
        argv: [
          spec.binaries.kine,
          // kine's own defaults for SQLite, with the file where we want it (pkg/drivers/sqlite/sqlite.go).
          `--endpoint=sqlite://${layout.datastore}/state.db?_journal=WAL&cache=shared&_busy_timeout=30000&_txlock=immediate`,
          // A socket in a 0700 directory: pods and other users cannot reach the datastore.
          `--listen-address=unix://${layout.kineSocket}`,
          "--metrics-bind-address=0",
        ],
      };
    },
    async probe(spec) {
      const { kineSocket } = stateLayout(spec.stateDirectory);
      return (await host.sockets.canConnectUnix(kineSocket, 1000))
        ? { ok: true }
        : { ok: false, because: `nothing answers on ${kineSocket}` };
    },
  };
}
