/**
 * A name that nobody else has chosen (UUID version 4). Loads node:crypto when it is called, for those
 * who write: reading does without.
 */
export function randomId(): string {
  return process.getBuiltinModule('node:crypto').randomUUID();
}
