import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built program, for tests that run it with Node. Built before the tests start. */
export function builtCli(): string {
  const path = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));
  if (!existsSync(path)) throw new Error('the program is not built: npm run build');
  return path;
}
