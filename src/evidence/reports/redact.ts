const leftOut = "[left out]";

/** Forms that credentials have wherever they stand, and what is put in their place. */
const forms: readonly (readonly [RegExp, string])[] = [
  // The user's part of an address: http://name:password@proxy:3128
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"'<>]+@/gi, `$1${leftOut}@`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, leftOut],
  // A private key as kubeconfigs and Secrets hold it: the base64 of "-----BEGIN", followed by anything but a certificate's.
  [/LS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FURS)[A-Za-z0-9+/=]*/g, leftOut],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, leftOut],
  [/\b((?:Proxy-)?Authorization["']?\s*[:=]\s*["']?(?:Bearer|Basic)\s+)[^\s"']+/gi, `$1${leftOut}`],
  [/((?:client-key-data|token|password|passwd|secret|api[_-]?key)["']?\s*[:=]\s*["']?)[^\s"',}]{6,}/gi, `$1${leftOut}`],
];

/** Variables whose values are nobody's business. */
const secretNames = /TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY/i;
/** Shorter values would be found in the middle of innocent words. */
const shortestSecret = 6;

/**
 * The values in an environment that no report may hold: those of variables that
 * are named like secrets, and the user's part of every address.
 */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const found = new Set<string>();
  for (const [name, value = ""] of Object.entries(environment)) {
    if (secretNames.test(name)) found.add(value);
    const user = /^[a-z][a-z0-9+.-]*:\/\/([^\s/?#@]+)@/i.exec(value)?.[1];
    if (user === undefined) continue;
    const password = user.slice(user.indexOf(":") + 1);
    for (const part of [user, password, decoded(password)]) found.add(part);
  }
  // The longest first, so that none is cut in pieces by another.
  return [...found].filter(({ length }) => length >= shortestSecret).sort((one, other) => other.length - one.length);
}

/** A text without credentials: neither those that are known nor what has the form of one. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((current, secret) => current.replaceAll(secret, leftOut), text);
  return forms.reduce((current, [form, instead]) => current.replace(form, instead), known);
}

/** A report in which every text, however deep, is redacted; names of fields stay. */
export function redactAll<T>(value: T, secrets: readonly string[]): T {
  return walk(value, secrets) as T;
}

function walk(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") return redact(value, secrets);
  if (Array.isArray(value)) return value.map((entry) => walk(entry, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, walk(entry, secrets)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
