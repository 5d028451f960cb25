import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyringPassword, openSecretService, programOf } from './service.mjs';

/** @import { CollectionState, SecretService, SecretServiceOptions, Stage } from './types.ts' */

// KeePassXC saves only when it exits. With the dozens of writes per second of the suites, 2.7.4
// crashes in the thread that saves while the next write changes its data.
const settings = `[General]
ConfigVersion=2
UpdateCheckMessageShown=true
SingleInstance=false
AutoSaveAfterEveryChange=false
AutoSaveOnExit=true

[GUI]
CheckForUpdates=false

[FdoSecrets]
Enabled=true
ConfirmAccessItem=false
ConfirmDeleteItem=false
ShowNotification=false
`;

/**
 * KeePassXC with the database `secrets.kdbx`, whose entries it offers as the collection `secrets`.
 *
 * @param {SecretServiceOptions} [options]
 * @returns {Promise<SecretService>}
 */
export async function openKeePassXC({ locked = false, noCollection = false, home } = {}) {
  return openSecretService(home, async (stage) => {
    writeSettings(stage);
    const database = join(stage.home, 'secrets.kdbx');
    if (noCollection) return start(stage, 'none', []);
    if (!existsSync(database)) writeFileSync(database, await emptyDatabase(stage));
    if (locked) return start(stage, 'locked', [database]);
    return start(stage, 'unlocked', ['--pw-stdin', database], `${keyringPassword}\n`);
  });
}

/** @param {Stage} stage */
function writeSettings({ home }) {
  const directory = join(home, '.config/keepassxc');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'keepassxc.ini'), settings);
}

/**
 * @param {Stage} stage
 * @param {CollectionState} state
 * @param {readonly string[]} args
 * @param {string} [input]
 */
async function start(stage, state, args, input) {
  const program = await stage.start(programOf('keepassxc'), args, input);
  await stage.awaitProvider(program, state);
  return program;
}

/** @type {Buffer | undefined} */
let kept;

/**
 * Created once in a process, because it takes as long as the start itself.
 *
 * @param {Stage} stage
 */
async function emptyDatabase(stage) {
  kept ??= await createDatabase(stage);
  return kept;
}

/**
 * Only an import creates a database that offers a group without mouse input.
 *
 * @param {Stage} stage
 */
async function createDatabase(stage) {
  const source = join(stage.home, 'import.xml');
  const target = join(stage.home, 'import.kdbx');
  writeFileSync(source, formatDatabase(randomUUID()));
  const shortestKeyMs = '100';
  const args = ['import', '--quiet', '--set-password', '--decryption-time', shortestKeyMs];
  const program = `${programOf('keepassxc')}-cli`;
  const input = `${keyringPassword}\n${keyringPassword}\n`;
  const importer = await stage.start(program, [...args, source, target], input);
  await importer.ended();
  if (!existsSync(target)) throw new Error(`keepassxc-cli: ${importer.complaints()}`);
  return readFileSync(target);
}

/** @param {string} group the UUID of the root group */
function formatDatabase(group) {
  const bytes = Buffer.from(group.replaceAll('-', ''), 'hex').toString('base64');
  return `<?xml version="1.0" encoding="UTF-8"?>
<KeePassFile>
  <Meta>
    <CustomData>
      <Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{${group}}</Value></Item>
    </CustomData>
  </Meta>
  <Root><Group><UUID>${bytes}</UUID><Name>Root</Name></Group></Root>
</KeePassFile>
`;
}
