/** What stands in an entry once it is decrypted: the JSON of 99designs/keyring's `Item`. */
export interface Item {
  readonly key: string;
  readonly value: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The fields in the order and with the defaults that Go writes. */
export function formatItem({ key, value }: Item): Buffer {
  const item = {
    Key: key,
    Data: Buffer.from(value, 'utf8').toString('base64'),
    Label: '',
    Description: '',
    KeychainNotTrustApplication: false,
    KeychainNotSynchronizable: false,
  };
  return Buffer.from(JSON.stringify(item));
}

/** Never throws. Go writes a nil value as `null`. */
export function parseItem(plaintext: Buffer): Item | { fault: string } {
  const parsed = parseJson(plaintext);
  if (typeof parsed !== 'object' || parsed === null || !('Key' in parsed) || !('Data' in parsed)) {
    return { fault: 'it holds no item' };
  }
  const { Key: key, Data: data } = parsed;
  if (typeof key !== 'string') return { fault: 'its item has no key' };
  const value = data === null ? '' : typeof data === 'string' ? decodeText(data) : undefined;
  return value === undefined ? { fault: 'its item has no text as value' } : { key, value };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

function decodeText(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
