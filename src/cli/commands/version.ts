import type { Context } from '../context.ts';
import type { Invocation } from '../command.ts';
import { version } from '../../core/version.ts';

/** `atmos version`: prints the version only, or `{ "version": … }`. */
export async function showVersion(
  { out, outJson }: Context,
  { values }: Invocation,
): Promise<void> {
  await (values['output'] === 'json' ? outJson({ version }) : out(`${version}\n`));
}
