// Writes go.json and jose.json again: entries of other implementations, which the tests read. Run
// it with the program of test/interop/go:  node test/vectors/make.mjs PATH_OF_INTEROP The passwords
// are used only in these vectors.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactEncrypt } from 'jose';

const program = process.argv[2] ?? '';
if (program === '') throw new Error('usage: node test/vectors/make.mjs PATH_OF_INTEROP');

const common = 'correct horse battery staple';

const goEntries = [
  {
    name: 'a plain entry',
    key: 'atmos_realm_alias',
    value: '{"type":"aws","data":{}}',
    password: common,
  },
  { name: 'an empty value', key: 'empty', value: '', password: common },
  {
    name: 'a key with a slash and a percent sign',
    key: 'a/b%2Fc',
    value: 'slash',
    password: common,
  },
  { name: 'what Go escapes in JSON', key: '<a>&\u2028', value: '<b>&\u2028', password: common },
  { name: 'text beyond ASCII', key: 'naïve 🔑', value: '日本語 🔑\r\n\0\ufeff', password: common },
  { name: 'a password beyond ASCII', key: 'key', value: 'value', password: 'pässwört 🔑' },
  { name: 'a password not composed', key: 'key', value: 'value', password: 'pa\u0308sswort' },
];

const joseEntries = [
  { alg: 'PBES2-HS256+A128KW', p2c: 1000, saltBytes: 8 },
  { alg: 'PBES2-HS256+A128KW', p2c: 1_300_000, saltBytes: 16 },
  { alg: 'PBES2-HS384+A192KW', p2c: 1000, saltBytes: 64 },
  { alg: 'PBES2-HS384+A192KW', p2c: 950_000, saltBytes: 16 },
  { alg: 'PBES2-HS512+A256KW', p2c: 1000, saltBytes: 16 },
  { alg: 'PBES2-HS512+A256KW', p2c: 600_000, saltBytes: 16 },
];

save(
  'go.json',
  '99designs/keyring 1.2.2, jose2go 1.8.0',
  goEntries.map((entry) => ({ ...entry, token: sealByGo(entry) })),
);
save(
  'jose.json',
  'npm jose 6.2.17',
  await Promise.all(
    joseEntries.map(async (variant) => {
      const name = `${variant.alg}, p2c ${variant.p2c}, salt of ${variant.saltBytes} bytes`;
      const entry = { name, key: 'key', value: 'value 🔑', password: common };
      return { ...entry, token: await sealByJose(entry, variant) };
    }),
  ),
);

/** @param {{ key: string, value: string, password: string }} entry */
function sealByGo({ key, value, password }) {
  const directory = mkdtempSync(join(tmpdir(), 'vectors-'));
  try {
    const env = { ...process.env, INTEROP_DIR: directory, INTEROP_PASSWORD: password };
    execFileSync(program, ['set', key], { env, input: value });
    const [file = ''] = readdirSync(directory);
    return readFileSync(join(directory, file), 'ascii');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * @param {{ key: string, value: string, password: string }} entry
 * @param {{ alg: string, p2c: number, saltBytes: number }} variant
 */
function sealByJose({ key, value, password }, { alg, p2c, saltBytes }) {
  const item = { Key: key, Data: Buffer.from(value).toString('base64') };
  return new CompactEncrypt(Buffer.from(JSON.stringify(item)))
    .setProtectedHeader({ alg, enc: 'A256GCM' })
    .setKeyManagementParameters({ p2c, p2s: Buffer.alloc(saltBytes, 'salt') })
    .encrypt(Buffer.from(password));
}

/** @param {string} file @param {string} madeBy @param {object[]} entries */
function save(file, madeBy, entries) {
  // Escaped, so that no editor normalizes, removes or hides the special characters.
  const text = JSON.stringify({ madeBy, entries }, null, 2).replaceAll(
    /[^ -~\n]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  writeFileSync(new URL(file, import.meta.url), `${text}\n`);
}
