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
          // kine's own defaults for SQLite (DefaultParams in pkg/drivers/sqlite/sqlite.go), but for _synchronous=NORMAL,
          // which may lose acknowledged writes with the machine's power and made nothing faster here.
          `--endpoint=sqlite://${layout.datastore}/state.db?_journal_mode=WAL&_busy_timeout=30000&_txlock=immediate&_stmt_cache_size=20&cache=shared`,
          // A socket in a 0700 directory: pods and other users cannot reach the datastore.
          `--listen-address=unix://${layout.kineSocket}`,
          "--metrics-bind-address=0",
        ],
        // SQLite allocates on every thread of Go: with glibc's arena for each, kine keeps 120 to 220 MB in place of 90.
        environment: { MALLOC_ARENA_MAX: "1" },
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
