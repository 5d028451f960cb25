import { realHost } from '../../host/real.ts';
import { findOtherAtmos } from '../delegate-to-atmos.ts';
import { createPrinter } from '../printer.ts';
import { version } from '../../core/version.ts';

/**
 * `atmos --version` and `atmos version`, if no other `atmos` has to print its version.
 *
 * @returns as in src/main.ts
 */
export async function run(): Promise<number | undefined> {
  const host = realHost();
  if (host.programName === 'atmos' && (await findOtherAtmos(host)) !== undefined) return undefined;
  await createPrinter(host).out(`${version}\n`);
  return 0;
}
