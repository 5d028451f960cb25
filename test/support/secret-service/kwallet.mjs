import { pbkdf2, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { awaitUntil } from './bus-connection.mjs';
import { keyringPassword, openSecretService, programOf } from './service.mjs';

/** @import { RunningProgram, SecretService, SecretServiceOptions, Stage } from './types.ts' */

const walletName = 'kdewallet';

const derive = promisify(pbkdf2);

/**
 * kwalletd5 with its wallet `kdewallet`. The daemon reports an open wallet as `Locked` until a
 * client has asked to unlock it; that prompt then completes without input.
 *
 * @param {SecretServiceOptions} [options]
 * @returns {Promise<SecretService>}
 */
export async function openKWallet({ locked = false, noCollection = false, home } = {}) {
  return openSecretService(home, async (stage) => {
    if (noCollection) return startDaemon(stage, 'none');
    // A daemon offers only the wallets that it found at its start.
    if (!existsSync(walletFile(stage))) await createWallet(stage);
    const daemon = await startDaemon(stage, 'locked');
    if (!locked) await openWallet(stage);
    return { ...daemon, stop: () => stopDaemon(stage, daemon) };
  });
}

/** @param {Stage} stage */
async function createWallet(stage) {
  const daemon = await startDaemon(stage, 'none');
  await openWallet(stage);
  await stopDaemon(stage, daemon);
}

/**
 * @param {Stage} stage
 * @param {'none' | 'locked'} state
 * @returns {Promise<RunningProgram>}
 */
async function startDaemon(stage, state) {
  const daemon = await stage.start(programOf('kwallet'), []);
  await stage.awaitProvider(daemon, state);
  return daemon;
}

/**
 * The daemon writes to disk seconds later, or when the wallets are closed.
 *
 * @param {Stage} stage
 * @param {RunningProgram} daemon
 */
async function stopDaemon(stage, daemon) {
  try {
    if (daemon.isRunning()) await call(stage, 'closeAllWallets', '', []);
  } finally {
    await daemon.stop();
  }
}

/**
 * Opens or creates the wallet with the value that PAM passes at a real login: the password's hash.
 *
 * @param {Stage} stage
 */
async function openWallet(stage) {
  const hash = await derive(keyringPassword, readSalt(stage), 50_000, 56, 'sha512');
  await call(stage, 'pamOpen', 'sayi', [walletName, hash, 0]);
  await awaitUntil(
    async () => (await call(stage, 'isOpen', 's', [walletName]))[0] === true,
    () => `the open wallet ${walletFile(stage)}`,
  );
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
  return connection.call({
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
