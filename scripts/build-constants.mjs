// The constants that a build inserts into the source, which declares them: `declare const
// __VERSION__`.
import { readFileSync } from 'node:fs';

/** PBKDF2 rounds of every entry that the package writes: the maximum that all Go peers open. */
export const packagedRounds = 600_000;

/**
 * The rounds in dist-test/ and in tests, so that only tests about key derivation take that long.
 * More than the required minimum of 1,000, so that a test can write a weaker entry.
 */
export const testRounds = 2000;

/** The work factor of scrypt for the passphrase of an archive: as the tool age chooses it, and in tests. */
const packagedWorkFactor = 18;
export const testWorkFactor = 10;

/** @type {{ version: string }} */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/**
 * For `define` of rolldown and vitest.
 *
 * @param {number} rounds
 */
export function defineConstants(rounds) {
  return {
    __VERSION__: JSON.stringify(version),
    __KEY_DERIVATION_ROUNDS__: JSON.stringify(rounds),
    __ARCHIVE_WORK_FACTOR__: JSON.stringify(
      rounds === packagedRounds ? packagedWorkFactor : testWorkFactor,
    ),
  };
}
