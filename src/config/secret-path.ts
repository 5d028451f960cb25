/** Whether what stands at the path may be a secret, so that no message shows it. */
export function isSecretPath(path: readonly string[]): boolean {
  return path.some((key) => /^(credentials|env)$|secret|password|token/i.test(key));
}
