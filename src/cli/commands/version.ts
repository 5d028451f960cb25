import type { Context } from '../context.ts';
import type { Invocation } from '../command.ts';
import { version } from '../version.ts';

/** `atmos version`: the version alone, or `{ "version": … }`. */
export async function showVersion({ out }: Context, { values }: Invocation): Promise<void> {
  await out(
    values['output'] === 'json' ? `${JSON.stringify({ version }, null, 2)}\n` : `${version}\n`,
  );
}
