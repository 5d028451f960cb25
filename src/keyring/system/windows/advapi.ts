import { loadKoffi } from '../../../host/koffi.ts';
import { lastError } from '../../../host/windows/api.ts';
import {
  CredentialError,
  persistLocalMachine,
  type Credential,
  type CredentialManager,
} from './credential-manager.ts';

// Importing this module loads koffi and libraries of Windows.
const koffi = loadKoffi();
const advapi = koffi.load('advapi32.dll');

// Without a name: koffi allows each name only once in a process, which other code may share.
const credentialType = koffi.struct({
  Flags: 'uint32_t',
  Type: 'uint32_t',
  TargetName: 'str16',
  Comment: 'str16',
  LastWrittenLow: 'uint32_t',
  LastWrittenHigh: 'uint32_t',
  CredentialBlobSize: 'uint32_t',
  CredentialBlob: 'void *',
  Persist: 'uint32_t',
  AttributeCount: 'uint32_t',
  Attributes: 'void *',
  TargetAlias: 'str16',
  UserName: 'str16',
});
interface CredentialStruct {
  readonly Type: number;
  readonly TargetName: string | null;
  readonly UserName: string | null;
  readonly CredentialBlobSize: number;
  readonly CredentialBlob: unknown;
}

const credRead = advapi.func(
  'int __stdcall CredReadW(str16 target, uint32_t type, uint32_t flags, _Out_ void **credential)',
);
const credWrite = advapi.func('__stdcall', 'CredWriteW', 'int', [
  koffi.pointer(credentialType),
  'uint32_t',
]);
const credDelete = advapi.func(
  'int __stdcall CredDeleteW(str16 target, uint32_t type, uint32_t flags)',
);
const credEnumerate = advapi.func(
  'int __stdcall CredEnumerateW(str16 filter, uint32_t flags, _Out_ uint32_t *count, _Out_ void **credentials)',
);
const credGetSessionTypes = advapi.func(
  'int __stdcall CredGetSessionTypes(uint32_t count, _Out_ uint32_t *persists)',
);
const credFree = advapi.func('void __stdcall CredFree(void *buffer)');

const generic = 1;
const errorNotFound = 1168;
/** The largest blob that Windows stores. Limits what is read for a damaged credential. */
const maxBlobBytes = 64 * 1024;

export const credentialManager: CredentialManager = {
  read(targetName) {
    const found: [unknown] = [null];
    if (credRead(targetName, generic, 0, found) === 0) return unlessNotFound('CredReadW');
    try {
      return credentialOf(found[0]);
    } finally {
      credFree(found[0]);
    }
  },

  write({ targetName, userName, blob }) {
    const credential = {
      Flags: 0,
      Type: generic,
      TargetName: targetName,
      // Empty texts, as go-keyring writes them.
      Comment: '',
      LastWrittenLow: 0,
      LastWrittenHigh: 0,
      CredentialBlobSize: blob.length,
      CredentialBlob: blob,
      Persist: persistLocalMachine,
      AttributeCount: 0,
      Attributes: null,
      TargetAlias: '',
      UserName: userName,
    };
    if (credWrite(credential, 0) === 0) throw failureOf('CredWriteW');
  },

  remove(targetName) {
    if (credDelete(targetName, generic, 0) !== 0) return true;
    unlessNotFound('CredDeleteW');
    return false;
  },

  list() {
    const [count, found]: [[number], [unknown]] = [[0], [null]];
    if (credEnumerate(null, 0, count, found) === 0) {
      unlessNotFound('CredEnumerateW');
      return [];
    }
    try {
      const pointers: unknown = koffi.decode(found[0], koffi.array('void *', count[0]));
      if (!Array.isArray(pointers)) return [];
      return pointers.map(structOf).filter(isGeneric).map(namesOf);
    } finally {
      credFree(found[0]);
    }
  },

  maxPersistence() {
    const persists = new Uint32Array(generic + 1);
    if (credGetSessionTypes(persists.length, persists) === 0)
      throw failureOf('CredGetSessionTypes');
    return persists[generic] ?? 0;
  },
};

function credentialOf(pointer: unknown): Credential {
  const struct = structOf(pointer);
  return { ...namesOf(struct), blob: blobOf(struct) };
}

function structOf(pointer: unknown): CredentialStruct {
  const struct: unknown = koffi.decode(pointer, credentialType);
  if (!isStruct(struct)) throw new TypeError('koffi did not decode a credential');
  return struct;
}

function isStruct(value: unknown): value is CredentialStruct {
  return typeof value === 'object' && value !== null && 'CredentialBlobSize' in value;
}

/** Copies the bytes, because the pointer is freed. */
function blobOf({ CredentialBlobSize, CredentialBlob }: CredentialStruct): Buffer {
  if (CredentialBlobSize === 0) return Buffer.alloc(0);
  const type = koffi.array('uint8_t', Math.min(CredentialBlobSize, maxBlobBytes), 'Typed');
  const bytes: unknown = koffi.decode(CredentialBlob, type);
  if (!(bytes instanceof Uint8Array)) throw new TypeError('koffi did not decode a blob');
  return Buffer.from(bytes);
}

function isGeneric({ Type }: CredentialStruct): boolean {
  return Type === generic;
}

function namesOf({ TargetName, UserName }: CredentialStruct) {
  return { targetName: TargetName ?? '', userName: UserName ?? '' };
}

/** @throws CredentialError for any other error */
function unlessNotFound(call: string): undefined {
  const error = failureOf(call);
  if (error.status !== errorNotFound) throw error;
  return undefined;
}

function failureOf(call: string): CredentialError {
  return new CredentialError(call, lastError());
}
