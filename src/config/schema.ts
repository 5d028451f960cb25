import {
  anyMap,
  checkShape,
  describeProblem,
  flag,
  listOf,
  mapOf,
  namesTo,
  optional,
  text,
  textOrCount,
  type InferOutput,
} from '../core/validate.ts';
import { quotesHint } from './check-numbers.ts';
import type { ConfigFile } from './places.ts';
import type { Problem } from './problems.ts';
import { isSecretPath } from './secret-path.ts';

const keyringSpec = {
  path: optional(text),
  password_env: optional(text),
  password_file: optional(text),
  password_command: optional(text),
};

const keyring = {
  type: optional(text),
  spec: optional(mapOf(keyringSpec)),
  fallback: optional(listOf(text)),
};

// What each kind has of its own, in these three maps, is checked by the kind's own schema.
const identity = {
  kind: optional(text),
  default: optional(flag),
  via: optional(mapOf({ provider: optional(text), identity: optional(text) })),
  principal: optional(anyMap),
  spec: optional(anyMap),
  credentials: optional(anyMap),
  session: optional(mapOf({ duration: optional(textOrCount) })),
  env: optional(listOf(mapOf({ key: text, value: text }))),
};

const settingsSchema = mapOf({
  auth: optional(
    mapOf({
      realm: optional(text),
      session_files: optional(flag),
      keyring: optional(mapOf(keyring)),
      identities: optional(namesTo(mapOf(identity))),
      providers: optional(namesTo(mapOf({ kind: optional(text) }))),
    }),
  ),
  profiles: optional(mapOf({ base_path: optional(text), default: optional(text) })),
});

/** `auth` and `profiles` in the form the schema gives them. */
export type Settings = InferOutput<typeof settingsSchema>;

/** The keys we know at each level. Those of Atmos that we take no part in are known too. */
export const knownKeys = {
  auth: ['realm', 'session_files', 'keyring', 'identities', 'providers', 'integrations', 'logs'],
  keyring: Object.keys(keyring),
  keyringSpec: Object.keys(keyringSpec),
  identity: [...Object.keys(identity), 'required', 'provider', 'alias', 'emulator', 'tags'],
};

/** The merged settings in their shape. Undefined when something was reported of it. */
export function checkSettings(
  merged: Readonly<Record<string, unknown>>,
  files: readonly ConfigFile[],
  report: (problem: Problem) => void,
): Settings | undefined {
  return checkShape(settingsSchema, merged, (problem) => {
    const { path, expected, found } = problem;
    const wantsText = expected.startsWith('text') && ['number', 'boolean'].includes(typeof found);
    const message = describeProblem(problem, isSecretPath(path));
    report({ path, message, ...(wantsText ? { hint: quotesHint(path, files) } : {}) });
  });
}
