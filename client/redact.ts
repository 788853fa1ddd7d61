/** Keeps secrets out of everything that the command line prints. */

const secrets = new Set<string>();

/** Remembers a secret, and how a URL spells it, so that it is hidden wherever it turns up. Short ones hide too much and are left out. */
export function rememberSecret(secret: string | undefined): void {
  if (secret === undefined || secret.length < 4) return;
  secrets.add(secret);
  secrets.add(encodeURIComponent(secret));
}

/** Remembers the password of an address, if it has one. */
export function rememberUrl(url: string): void {
  const password =
    /^[a-z][a-z0-9+.-]*:\/\/[^:/?#@]*:([^@/?#]*)@/i.exec(url)?.[1] ?? /[?&]password=([^&#]*)/i.exec(url)?.[1];
  if (password === undefined) return;
  rememberSecret(password);
  try {
    rememberSecret(decodeURIComponent(password));
  } catch {
    // A stray % in it: then only the spelling that was given can turn up.
  }
}

/** The text with passwords of URLs and remembered secrets replaced by ***. */
export function redact(text: string): string {
  let hidden = text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s:/?#@"']*):([^\s/"']*)@/gi, '$1$2:***@')
    .replaceAll(/([?&;\s](?:password|passwd|api_key|apikey|token|sslpassword)=)[^&\s"']+/gi, '$1***');
  for (const secret of secrets) hidden = hidden.replaceAll(secret, '***');
  return hidden;
}
