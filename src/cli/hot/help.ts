import { realHost } from '../../host/real.ts';
import { atmos } from '../command-specs/root.ts';
import { helpText } from '../help/help.ts';
import { createPrinter } from '../printer.ts';

/** `atmos --help`. */
export async function run(): Promise<number> {
  await createPrinter(realHost()).out(helpText([atmos]));
  return 0;
}
