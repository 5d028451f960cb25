import { join } from 'node:path';
import type { TagCall, TagResult } from './tag.ts';

/**
 * `!cwd [path]`: the working directory, or the path in it. Quotes are no quotes here, as in Atmos
 * (its `utils.ProcessTagCwd`).
 */
export function resolveCwd({ text, host }: TagCall): TagResult {
  return { value: join(host.workingDirectory(), text) };
}
