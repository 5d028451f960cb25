/**
 * SHA-256 of a text, as hex. node:crypto is loaded by the first call: it costs a start 7 ms, which
 * only commands that have something to hash shall pay.
 */
export function sha256(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
}
