/** An item as `security` prints it: its attributes, never its secret. */
export interface PrintedItem {
  /** `genp` for a generic password. */
  readonly itemClass: string | undefined;
  readonly service: Buffer | undefined;
  readonly account: Buffer | undefined;
}

const attributeForm = /^ {4}"(svce|acct)"<blob>=(.*)$/;
const fields = { svce: 'service', acct: 'account' } as const;

/**
 * The items in what `dump-keychain` and `find-generic-password` print, in latin1. Each begins with the
 * name of its keychain; lines that are not known are passed over, since every release has its own.
 */
export function parseItems(printed: string): PrintedItem[] {
  const items: { -readonly [field in keyof PrintedItem]: PrintedItem[field] }[] = [];
  for (const line of printed.split('\n')) {
    if (line.startsWith('keychain: ')) {
      items.push({ itemClass: undefined, service: undefined, account: undefined });
    }
    const item = items.at(-1);
    if (item === undefined) continue;
    if (line.startsWith('class: ')) item.itemClass = parseBytes(line.slice(7))?.toString('latin1');
    const [, tag, bytes] = attributeForm.exec(line) ?? [];
    if (bytes !== undefined) item[fields[tag === 'svce' ? 'svce' : 'acct']] = parseBytes(bytes);
  }
  return items;
}

/** The secret in what `find-generic-password -g` writes to standard error; undefined if none is told. */
export function parsePassword(printed: string): Buffer | undefined {
  const mark = 'password: ';
  const lines = printed.split('\n').filter((line) => line.startsWith(mark));
  const [line] = lines;
  return lines.length === 1 && line !== undefined ? parseBytes(line.slice(mark.length)) : undefined;
}

/**
 * Bytes as `security` prints them: in quotes if all are printable and none is a backslash, else in hex,
 * with the same once more for people behind it; nothing for no bytes. Undefined for `<NULL>` and for
 * what is no such form.
 */
export function parseBytes(text: string): Buffer | undefined {
  if (text === '') return Buffer.alloc(0);
  const [, hex] = /^0x((?:[0-9A-F]{2})+) {1,2}(?:"[ -~]*")?$/.exec(text) ?? [];
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const [, plain] = /^"([ -[\]-~]*)"$/.exec(text) ?? [];
  return plain === undefined ? undefined : Buffer.from(plain, 'latin1');
}
