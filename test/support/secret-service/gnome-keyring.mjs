import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keyringPassword, openSecretService, programOf } from './service.mjs';

/** @import { SecretService, SecretServiceOptions, Stage } from './types.ts' */

/**
 * gnome-keyring-daemon with its collection `login`.
 *
 * @param {SecretServiceOptions} [options]
 * @returns {Promise<SecretService>}
 */
export async function openGnomeKeyring({ locked = false, noCollection = false, home } = {}) {
  return openSecretService(home, async (stage) => {
    if (noCollection) return startDaemon(stage, 'none');
    if (!locked) return startDaemon(stage, 'unlocked');
    // Only a daemon that never received the password has a locked collection as at a real login.
    if (!existsSync(join(stage.home, '.local/share/keyrings/login.keyring'))) {
      const first = await startDaemon(stage, 'unlocked');
      await first.stop();
    }
    return startDaemon(stage, 'locked');
  });
}

/**
 * @param {Stage} stage
 * @param {'none' | 'locked' | 'unlocked'} state
 */
async function startDaemon({ start, awaitProvider }, state) {
  // In the foreground, because a daemon in the background would outlive us.
  const args = ['--foreground', '--components=secrets'];
  const program = programOf('gnome-keyring');
  const daemon =
    state === 'unlocked'
      ? await start(program, [...args, '--unlock'], keyringPassword)
      : await start(program, args);
  await awaitProvider(daemon, state);
  return daemon;
}
