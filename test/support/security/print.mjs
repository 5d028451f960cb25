// How security prints bytes and items.

/** @import { KeychainItem } from './types.ts' */

/**
 * In quotes if every byte is printable and not a backslash; otherwise in hex, followed by a
 * quoted form if some bytes are printable.
 *
 * @param {string} bytes
 */
export function printBytes(bytes) {
  const isPlain = /^[ -[\]-~]*$/.test(bytes);
  const someArePlain = /[ -[\]-~]/.test(bytes);
  let printed = '';
  if (!isPlain) {
    printed += `0x${Buffer.from(bytes, 'latin1').toString('hex').toUpperCase()} `;
    if (someArePlain) printed += ' ';
  }
  if (someArePlain) printed += `"${bytes.replaceAll(/[^ -[\]-~]/g, octal)}"`;
  return printed;
}

/** @param {string} byte */
function octal(byte) {
  return `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
}

/**
 * @param {string} path
 * @param {KeychainItem} item
 */
export function printItem(path, item) {
  /** @param {string | null} bytes */
  const attribute = (bytes) => (bytes === null ? '<NULL>' : printBytes(bytes));
  return `${[
    `keychain: ${printBytes(Buffer.from(path).toString('latin1'))}`,
    'version: 512',
    `class: ${printBytes(item.class)}`,
    'attributes:',
    `    0x00000007 <blob>=${attribute(item.label)}`,
    '    0x00000008 <blob>=<NULL>',
    `    "acct"<blob>=${attribute(item.account)}`,
    `    "cdat"<timedate>=${printBytes(`${item.createdAt}\0`)}`,
    '    "crtr"<uint32>=<NULL>',
    '    "cusi"<sint32>=<NULL>',
    '    "desc"<blob>=<NULL>',
    '    "gena"<blob>=<NULL>',
    '    "icmt"<blob>=<NULL>',
    '    "invi"<sint32>=<NULL>',
    `    "mdat"<timedate>=${printBytes(`${item.modifiedAt}\0`)}`,
    '    "nega"<sint32>=<NULL>',
    '    "prot"<blob>=<NULL>',
    '    "scrp"<sint32>=<NULL>',
    `    "svce"<blob>=${attribute(item.service)}`,
    '    "type"<uint32>=<NULL>',
  ].join('\n')}\n`;
}

/**
 * Only the secret, as -w prints it: in hex without a prefix if it is not printable.
 *
 * @param {string} secret
 */
export function printSecret(secret) {
  if (/^[ -~]*$/.test(secret)) return `${secret}\n`;
  return `${Buffer.from(secret, 'latin1').toString('hex')}\n`;
}
