import { pbkdf2, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { awaitUntil, hasOwner } from './bus-connection.mjs';
import { keyringPassword, openSecretService, programOf } from './service.mjs';

/** @import { RunningProgram, SecretService, SecretServiceOptions, Stage } from './types.ts' */

const walletName = 'kdewallet';

const derive = promisify(pbkdf2);

/**
 * kwalletd5 with its wallet `kdewallet`.
 *
 * @param {SecretServiceOptions} [options]
 * @returns {Promise<SecretService>}
 */
export async function openKWallet({ locked = false, noCollection = false, home } = {}) {
  return openSecretService(home, async (stage) => {
    if (noCollection) return startDaemon(stage, 'none');
    // A wallet is offered as a collection only by a daemon that found it at its start.
    if (!existsSync(walletFile(stage))) await createWallet(stage);
    return startDaemon(stage, locked ? 'locked' : 'unlocked');
  });
}

/** @param {Stage} stage */
async function createWallet(stage) {
  const daemon = await startDaemon(stage, 'none');
  await openWallet(stage);
  await awaitUntil(
    async () => existsSync(walletFile(stage)),
    () => `the wallet ${walletFile(stage)}`,
  );
  await daemon.stop();
}

/**
 * @param {Stage} stage
 * @param {'none' | 'locked' | 'unlocked'} state
 * @returns {Promise<RunningProgram>}
 */
async function startDaemon(stage, state) {
  const daemon = await stage.start(programOf('kwallet'), []);
  await awaitUntil(
    () => hasOwner(stage.connection, 'org.kde.kwalletd5'),
    () => `kwalletd5 on the bus (${daemon.complaints()})`,
  );
  if (state === 'unlocked') await openWallet(stage);
  await stage.awaitProvider(daemon, state);
  return daemon;
}

/**
 * Opens the wallet, or makes it, with what PAM gives at a real login: the password's hash.
 *
 * @param {Stage} stage
 */
async function openWallet(stage) {
  const hash = await derive(keyringPassword, readSalt(stage), 50_000, 56, 'sha512');
  await call(stage, 'pamOpen', 'sayi', [walletName, hash, 0]);
}

/** @param {Stage} stage */
function readSalt(stage) {
  const file = join(walletDirectory(stage), `${walletName}.salt`);
  if (!existsSync(file)) {
    mkdirSync(walletDirectory(stage), { recursive: true });
    writeFileSync(file, randomBytes(56));
  }
  return readFileSync(file);
}

/**
 * @param {Stage} stage
 * @param {string} member
 * @param {string} signature
 * @param {unknown[]} body
 */
async function call({ connection }, member, signature, body) {
  await connection.call({
    destination: 'org.kde.kwalletd5',
    path: '/modules/kwalletd5',
    interface: 'org.kde.KWallet',
    member,
    signature,
    body,
  });
}

/** @param {Stage} stage */
function walletFile(stage) {
  return join(walletDirectory(stage), `${walletName}.kwl`);
}

/** @param {Stage} stage */
function walletDirectory({ home }) {
  return join(home, '.local/share/kwalletd');
}
