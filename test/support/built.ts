import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The built program with few rounds of key derivation, for tests that run it with Node. It is built
 * before the tests start.
 */
export function builtCli(): string {
  return builtFile('dist-test/cli/main.cjs');
}

/** The program of the package, for tests of its real key derivation. */
export function packagedCli(): string {
  return builtFile('dist/cli/main.cjs');
}

function builtFile(name: string): string {
  const path = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  if (!existsSync(path))
    throw new Error(`${name} is not built: node scripts/build.mjs --for-tests`);
  return path;
}
