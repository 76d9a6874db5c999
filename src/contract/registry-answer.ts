/** What came of asking a place for images whether it serves. */
export type RegistryVerdict =
  /** Images can be asked for; whether there are any was not asked. */
  | "answers"
  /** It wants credentials and was given none, or others than it takes. */
  | "unauthorized"
  /** Its name, or the proxy's, has no address. */
  | "unresolved"
  | "connection-refused"
  /** The proxy makes no connection to it. */
  | "proxy-refused"
  /** Its certificate is by nobody whom this machine trusts, or not for its name. */
  | "untrusted"
  | "timeout"
  | "failed";

/** One place where images of a registry are asked for, and what it says. */
export interface RegistryAnswer {
  /** As names of images say it. */
  readonly registry: string;
  readonly kind: "mirror" | "registry";
  /** What was asked. */
  readonly address: string;
  /** The proxy that was asked for it, without user and password; null: none. */
  readonly proxy: string | null;
  readonly verdict: RegistryVerdict;
  readonly because: string;
  readonly milliseconds: number;
}
