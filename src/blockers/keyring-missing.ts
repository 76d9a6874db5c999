import type { Blocker } from "../contract/blocker.ts";
import { sessionKeyring } from "../probes/session-keyring.ts";
import { blocked, clear, judge } from "./judge.ts";

/** runc joins a session keyring for every container and puts up with ENOSYS only. */
export const keyringMissing: Blocker = {
  id: "keyring-missing",
  title: "No session keyrings",
  needs: [sessionKeyring],
  stops: ["containerd"],
  upstream: "https://github.com/opencontainers/runc/blob/v1.3.6/libcontainer/standard_init_linux.go#L59",
  diagnose: (facts) =>
    judge(facts, sessionKeyring, ({ join, message }) =>
      join === "refused" ? blocked(`joining a session keyring failed: ${message}`) : clear,
    ),
};
