import { splitArguments } from './arguments.ts';
import type { TagCall, TagResult } from './tag.ts';

const problem =
  'takes the least and the greatest whole number there may be, the greatest alone, or nothing';

/**
 * `!random [[min] max]`: a whole number from min to max, both included, that cannot be foreseen.
 * Without min it begins at 0, without max it ends at 65535 (Atmos's `pkg/function/random.go`; what
 * its atmos.yaml takes is less: both numbers). A new one each time the file is read.
 */
export function resolveRandom({ text }: TagCall): TagResult {
  const words = splitArguments(text);
  if (words === undefined || words.length > 2) return { problem };
  const max = wholeNumber(words.at(-1) ?? '65535');
  const min = words.length === 2 ? wholeNumber(words[0] ?? '') : 0;
  if (min === undefined || max === undefined) return { problem };
  if (min >= max) return { problem: 'has a least number that is not below the greatest' };
  return { value: randomBetween(min, max) };
}

function wholeNumber(word: string): number | undefined {
  const number = /^[+-]?\d+$/.test(word) ? Number(word) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function randomBetween(min: number, max: number): number {
  const count = BigInt(max) - BigInt(min) + 1n;
  // What lies over the last whole multiple would make the first numbers likelier.
  const limit = 2n ** 64n - (2n ** 64n % count);
  const draw = () => crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  let drawn = draw();
  while (drawn >= limit) drawn = draw();
  return Number(BigInt(min) + (drawn % count));
}
