/**
 * The code of an MFA device: six digits. Authenticators show them in groups, `123 456`, and they are
 * copied with the space; that is dropped. The one check for options, variables and prompts.
 *
 * @returns undefined for a text that cannot be a code
 */
export function parseMfaCode(text: string): string | undefined {
  const code = text.replaceAll(/\s/g, '');
  return /^[0-9]{6}$/.test(code) ? code : undefined;
}
