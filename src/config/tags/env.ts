import { splitArguments } from './arguments.ts';
import type { TagCall, TagResult } from './tag.ts';

/**
 * `!env NAME [default]`: a variable of the environment, trimmed. One that is set but empty is empty;
 * one that is not set is its default, or empty.
 */
export function resolveEnv({ text, host }: TagCall): TagResult {
  const [name, fallback = '', ...more] = splitArguments(text) ?? [];
  if (name === undefined || more.length > 0) {
    return { problem: 'takes the name of a variable and at most one default' };
  }
  const set = Object.hasOwn(host.env, name) ? host.env[name] : undefined;
  return { value: (set ?? fallback).trim(), isDefault: set === undefined };
}
