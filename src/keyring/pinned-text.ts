import { withoutAbsent, type Sourced } from '../core/json.ts';
import type { SpecText } from '../core/keyring-spec.ts';

// Settings of backends as a handle pins them: a text and its source, without the path of the setting,
// which the source begins with.

export function pinText({ value, source, tag }: SpecText): Sourced<string> {
  return withoutAbsent({ value, source, tag });
}

/** The reverse of {@link pinText}. */
export function unpinText(pinned: Sourced<string>): SpecText {
  const [path] = /^(?:auth|env)\.[^ ]*/.exec(pinned.source) ?? [];
  return withoutAbsent({ ...pinned, path: path?.split('.') });
}
