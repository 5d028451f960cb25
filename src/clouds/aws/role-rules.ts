import type { LinkProblem } from '../../core/configuration-error.ts';
import { say } from '../../core/hint.ts';
import { quoteValue } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { parseDuration } from '../../core/time.ts';

// The rules of the STS API for what a session of a role is given: names, tags, policies.

type Report = (problem: LinkProblem) => void;

const policyArn = /^arn:aws(?:-[a-z]+)*:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]{1,576}$/;
const maxPolicies = 10;
const maxTags = 50;

const textRules = {
  session_name: [/^[\w+=,.@-]{2,64}$/, '2 to 64 letters, digits and _+=,.@-'],
  external_id: [/^[\w+=,.@:/-]{2,1224}$/, '2 to 1224 letters, digits and _+=,.@:/-'],
  source_identity: [
    /^(?!aws:)[\w+=,.@-]{2,64}$/i,
    '2 to 64 letters, digits and _+=,.@- without aws: at the start',
  ],
} as const;

/** Reports a name that AWS would reject. */
export function checkText(
  { tagAt }: Identity,
  name: keyof typeof textRules,
  value: string | undefined,
  report: Report,
): void {
  const [pattern, rule] = textRules[name];
  if (value === undefined || pattern.test(value)) return;
  const path = ['principal', name];
  report({ path, message: `must have ${rule}: ${quoteValue({ value, tag: tagAt?.(path) })}` });
}

const tagCharacters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Reports tags that AWS would reject, and transitive tags that do not exist. */
export function checkTags(
  tags: readonly { readonly key: string; readonly value: string }[],
  transitive: readonly string[],
  report: Report,
): void {
  const at = (...path: string[]) => ['principal', 'session_tags', ...path];
  if (tags.length > maxTags) report({ path: at(), message: `has more than ${maxTags} tags` });
  const seen = new Map<string, string>();
  for (const { key, value } of tags) {
    const other = seen.get(key.toLowerCase());
    seen.set(key.toLowerCase(), key);
    if (other !== undefined) {
      report({ path: at(key), message: `differs from ${other} in case only, which AWS ignores` });
    }
    if (key.length < 1 || key.length > 128 || !tagCharacters.test(key) || /^aws:/i.test(key)) {
      const rule =
        'must have a name of 1 to 128 letters, digits, spaces and _.:/=+-@, not starting with aws:';
      report({ path: at(key), message: rule });
    }
    if (value.length > 256 || !tagCharacters.test(value)) {
      const rule = 'must have a value of at most 256 letters, digits, spaces and _.:/=+-@';
      report({ path: at(key), message: rule });
    }
  }
  for (const [index, key] of transitive.entries()) {
    if (seen.has(key.toLowerCase())) continue;
    const path = ['principal', 'transitive_tags', String(index)];
    report({ path, message: `is not one of the session_tags: ${JSON.stringify(key)}` });
  }
}

/** Reports policies that AWS would reject. */
export function checkPolicies(arns: readonly string[], report: Report): void {
  const path = ['principal', 'policy_arns'];
  if (arns.length > maxPolicies) report({ path, message: `has more than ${maxPolicies} policies` });
  for (const [index, arn] of arns.entries()) {
    if (policyArn.test(arn)) continue;
    report({
      path: [...path, String(index)],
      message: 'is not the ARN of a managed policy',
      hint: say('write it like arn:aws:iam::aws:policy/ReadOnlyAccess'),
    });
  }
}

/**
 * The seconds of `principal.duration`. Undefined if it is missing or not a duration, which is
 * reported.
 *
 * @param examples durations that make sense there: `15m or 900s`
 */
export function readDuration(
  { tagAt }: Identity,
  given: string | number | undefined,
  examples: string,
  report: Report,
): number | undefined {
  if (given === undefined || given === '') return undefined;
  const path = ['principal', 'duration'];
  try {
    return parseDuration(String(given));
  } catch {
    const shown = quoteValue({ value: String(given), tag: tagAt?.(path) });
    report({
      path,
      message: `is not a duration: ${shown}`,
      hint: say(`write it like ${examples}`),
    });
    return undefined;
  }
}
