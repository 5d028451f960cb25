/**
 * Parses the code of an MFA device: six digits. Authenticators show them in groups, `123 456`, and
 * users copy the space, which is removed. Options, variables and prompts all use this function.
 *
 * @returns undefined if the text is not a code
 */
export function parseMfaCode(text: string): string | undefined {
  const code = text.replaceAll(/\s/g, '');
  return /^[0-9]{6}$/.test(code) ? code : undefined;
}
