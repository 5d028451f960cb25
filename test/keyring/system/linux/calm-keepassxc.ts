import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openKeePassXC } from '../../../support/secret-service/keepassxc.mjs';
import {
  keyringPassword,
  openSecretService,
  programOf,
} from '../../../support/secret-service/service.mjs';
import type { SecretService } from '../../../support/secret-service/types.ts';
import { createTemporaryDirectory } from '../../../support/temporary.ts';

/**
 * KeePassXC that does not save by itself. With dozens of writes a second, as the contract suite
 * makes them, 2.7.4 crashes in the thread that saves, while the next write changes what it reads.
 */
export async function openCalmKeePassXC(): Promise<SecretService> {
  const { path: home, remove } = createTemporaryDirectory();
  // Makes the database and the settings.
  await (await openKeePassXC({ home })).close();
  const settings = join(home, '.config/keepassxc/keepassxc.ini');
  const calm = readFileSync(settings, 'utf8').replace(
    'AutoSaveAfterEveryChange=true',
    'AutoSaveAfterEveryChange=false',
  );
  writeFileSync(settings, calm);
  const service = await openSecretService(home, async ({ start, awaitProvider }) => {
    const args = ['--pw-stdin', join(home, 'secrets.kdbx')];
    const program = await start(programOf('keepassxc'), args, `${keyringPassword}\n`);
    await awaitProvider(program, 'unlocked');
    return program;
  });
  return {
    ...service,
    async close() {
      await service.close();
      remove();
    },
  };
}
