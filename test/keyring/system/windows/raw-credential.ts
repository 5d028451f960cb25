import koffi from 'koffi';

/** A credential as `CredReadW` returns it, without the time. */
export interface RawCredential {
  readonly Flags: number;
  readonly Type: number;
  readonly TargetName: string | null;
  readonly Comment: string | null;
  readonly CredentialBlobSize: number;
  readonly blob: Buffer;
  readonly Persist: number;
  readonly AttributeCount: number;
  readonly TargetAlias: string | null;
  readonly UserName: string | null;
}

const generic = 1;

/** Uses its own struct, so that it does not share a mistake with our code. */
export function readRawCredential(target: string): RawCredential {
  const advapi = koffi.load('advapi32.dll');
  const read = advapi.func('CredReadW', 'int', [
    'str16',
    'uint32_t',
    'uint32_t',
    koffi.out(koffi.pointer('void *')),
  ]);
  const free = advapi.func('CredFree', 'void', ['void *']);
  const layout = koffi.struct({
    Flags: 'uint32_t',
    Type: 'uint32_t',
    TargetName: 'str16',
    Comment: 'str16',
    LastWritten: 'uint64_t',
    CredentialBlobSize: 'uint32_t',
    CredentialBlob: 'void *',
    Persist: 'uint32_t',
    AttributeCount: 'uint32_t',
    Attributes: 'void *',
    TargetAlias: 'str16',
    UserName: 'str16',
  });
  const found: [unknown] = [null];
  if (read(target, generic, 0, found) === 0) throw new Error(`there is no credential ${target}`);
  const {
    CredentialBlob,
    LastWritten: _,
    Attributes: __,
    ...fields
  } = koffi.decode(found[0], layout);
  const size = fields.CredentialBlobSize;
  const blob =
    size === 0 ? [] : koffi.decode(CredentialBlob, koffi.array('uint8_t', size, 'Typed'));
  free(found[0]);
  return { ...fields, blob: Buffer.from(blob) };
}
