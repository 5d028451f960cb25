import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyringPassword, openSecretService, programOf } from './service.mjs';

/** @import { SecretService, SecretServiceOptions, Stage } from './types.ts' */

const settings = `[General]
ConfigVersion=2
UpdateCheckMessageShown=true
SingleInstance=false
AutoSaveAfterEveryChange=true

[GUI]
CheckForUpdates=false

[FdoSecrets]
Enabled=true
ConfirmAccessItem=false
ConfirmDeleteItem=false
ShowNotification=false
`;

/**
 * KeePassXC with the database `secrets.kdbx`, all of which it offers as the collection `secrets`.
 *
 * @param {SecretServiceOptions} [options]
 * @returns {Promise<SecretService>}
 */
export async function openKeePassXC({ locked = false, noCollection = false, home } = {}) {
  return openSecretService(home, async (stage) => {
    writeSettings(stage);
    const database = join(stage.home, 'secrets.kdbx');
    if (!noCollection && !existsSync(database)) await createDatabase(stage, database);
    const [args, input] = locked ? [[database], ''] : [['--pw-stdin', database], keyringPassword];
    const program = await (noCollection
      ? stage.start(programOf('keepassxc'), [])
      : stage.start(programOf('keepassxc'), args, `${input}\n`));
    await stage.awaitProvider(program, noCollection ? 'none' : locked ? 'locked' : 'unlocked');
    return program;
  });
}

/** @param {Stage} stage */
function writeSettings({ home }) {
  const directory = join(home, '.config/keepassxc');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'keepassxc.ini'), settings);
}

/**
 * Only an import can make a database that offers a group without a hand on the mouse.
 *
 * @param {Stage} stage
 * @param {string} database
 */
async function createDatabase(stage, database) {
  const group = randomUUID();
  const source = join(stage.home, 'secrets.xml');
  writeFileSync(source, formatDatabase(group));
  const fastestKeyMs = '100';
  const args = ['import', '--quiet', '--set-password', '--decryption-time', fastestKeyMs];
  const program = `${programOf('keepassxc')}-cli`;
  const input = `${keyringPassword}\n${keyringPassword}\n`;
  const importer = await stage.start(program, [...args, source, database], input);
  await importer.ended();
  if (!existsSync(database)) throw new Error(`keepassxc-cli: ${importer.complaints()}`);
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
