/**
 * What a service says, fit to be shown: short, printable, and without what was sent to it in
 * confidence.
 */
export function saidWithout(secrets: readonly (string | undefined)[], said: string): string {
  let text = said.replaceAll(/[^\x20-\x7e]+/g, ' ');
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue;
    text = text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
  }
  return text.slice(0, 300).trim();
}
