/** How much of an answer an exhibit keeps (characters). */
const mostShown = 2000;

/** JSON web tokens, and keys in PEM: the forms that every credential of a cluster has. */
const credentials = [
  /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=(client-key-data|token):\s*)\S+/g,
];

/** What may be shown of an answer: shortened where it is long, and without credentials, whoever put them there. */
export function presentable(text: string): string {
  const safe = credentials.reduce((current, pattern) => current.replaceAll(pattern, "(left out)"), text);
  if (safe.length <= mostShown) return safe;
  const half = mostShown / 2;
  return `${safe.slice(0, half)}\n... ${String(safe.length - mostShown)} characters left out ...\n${safe.slice(-half)}`;
}
