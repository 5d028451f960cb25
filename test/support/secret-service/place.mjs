// The place of a test session: its home directory, its runtime directory, and an environment
// without references to the session of the person who runs the tests.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @param {string} [givenHome] a home directory that outlives the place */
export function createPlace(givenHome) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-bus-')));
  const runtimeDirectory = join(directory, 'run');
  const home = givenHome ?? join(directory, 'home');
  mkdirSync(runtimeDirectory, { mode: 0o700 });
  mkdirSync(home, { mode: 0o700, recursive: true });
  const socket = join(runtimeDirectory, 'bus');
  return {
    directory,
    home,
    socket,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: home,
      XDG_RUNTIME_DIR: runtimeDirectory,
      DBUS_SESSION_BUS_ADDRESS: formatUnixAddress(socket),
      // Programs that need a screen get a virtual one.
      QT_QPA_PLATFORM: 'offscreen',
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** @param {string} path */
function formatUnixAddress(path) {
  const escaped = [...Buffer.from(path)].map((byte) => {
    const character = String.fromCodePoint(byte);
    if (/[-0-9A-Za-z_/.*]/.test(character)) return character;
    return `%${byte.toString(16).padStart(2, '0')}`;
  });
  return `unix:path=${escaped.join('')}`;
}
