import { busCall, type Bus } from './dbus/bus.ts';
import * as decode from './dbus/decode.ts';
import * as encode from './dbus/encode.ts';

// The interfaces of the Secret Service (freedesktop.org, "Secret Service API Draft"), so far as we
// use them. A path of "/" stands for nothing: no collection, no prompt.

export const serviceName = 'org.freedesktop.secrets';
const servicePath = '/org/freedesktop/secrets';
const nothing = '/';

/** A value on its way, as a session has sealed it. */
export interface Secret {
  /** Path of the session. */
  readonly session: string;
  /** The initialisation vector, in a session that encrypts. */
  readonly parameters: Buffer;
  readonly value: Buffer;
}

export type Attributes = ReadonlyMap<string, string>;

/** An answer that may want a person first: then `prompt` is the path to follow. */
export interface Prompted {
  readonly prompt: string | undefined;
}

export interface SecretService {
  readonly bus: Bus;
  collections(): Promise<string[]>;
  /** The collection of that alias, if it has one. */
  aliased(alias: string): Promise<string | undefined>;
  isLocked(collection: string): Promise<boolean>;
  /** Of collections and items. */
  unlock(paths: readonly string[]): Promise<Prompted>;
  createCollection(
    label: string,
    alias: string,
  ): Promise<Prompted & { collection: string | undefined }>;
  search(collection: string, attributes: Attributes): Promise<string[]>;
  attributesOf(item: string): Promise<Attributes>;
  /** Seconds since 1970, as the provider keeps it. */
  modifiedAt(item: string): Promise<bigint>;
  /** Those that are not locked. */
  secretsOf(items: readonly string[], session: string): Promise<Map<string, Secret>>;
  /** Makes an item, or overwrites one with the same attributes. */
  createItem(item: NewItem): Promise<Prompted & { item: string | undefined }>;
  deleteItem(item: string): Promise<Prompted>;
  openSession(algorithm: 'plain'): Promise<{ path: string }>;
  openSession(algorithm: string, publicKey: Buffer): Promise<{ path: string; peerKey: Buffer }>;
  /** The process that provides the service. */
  processId(): Promise<number>;
}

export interface NewItem {
  readonly collection: string;
  readonly label: string;
  readonly attributes: Attributes;
  readonly secret: Secret;
}

const secretType = decode.structOf<[string, Buffer, Buffer, string]>(
  decode.objectPath,
  decode.bytes,
  decode.bytes,
  decode.text,
);
const paths = decode.listOf(decode.objectPath);
const onePath = decode.tupleOf<[string]>(decode.objectPath);
const twoPaths = decode.tupleOf<[string, string]>(decode.objectPath, decode.objectPath);

export function createSecretService(bus: Bus): SecretService {
  const call = <T>(
    path: string,
    kind: string,
    member: string,
    body: readonly encode.Argument[],
    answer: decode.Decoder<T>,
  ) =>
    bus.call(
      { destination: serviceName, path, interface: `org.freedesktop.Secret.${kind}`, member, body },
      answer,
    );

  async function property<T>(
    path: string,
    kind: string,
    name: string,
    type: decode.Decoder<T>,
  ): Promise<T> {
    const body = [encode.text(`org.freedesktop.Secret.${kind}`), encode.text(name)];
    const get = {
      destination: serviceName,
      path,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      body,
    };
    const [value] = await bus.call(get, decode.tupleOf<[T]>(decode.variantOf(type)));
    return value;
  }

  function openSession(algorithm: 'plain'): Promise<{ path: string }>;
  function openSession(
    algorithm: string,
    publicKey: Buffer,
  ): Promise<{ path: string; peerKey: Buffer }>;
  async function openSession(algorithm: string, publicKey?: Buffer) {
    const input = publicKey ? encode.bytes(publicKey) : encode.text('');
    const body = [encode.text(algorithm), encode.variant(input)];
    if (!publicKey) {
      const answer = decode.tupleOf<[string, string]>(
        decode.variantOf(decode.text),
        decode.objectPath,
      );
      const [, path] = await call(servicePath, 'Service', 'OpenSession', body, answer);
      return { path };
    }
    const answer = decode.tupleOf<[Buffer, string]>(
      decode.variantOf(decode.bytes),
      decode.objectPath,
    );
    const [peerKey, path] = await call(servicePath, 'Service', 'OpenSession', body, answer);
    return { path, peerKey };
  }

  return {
    bus,
    openSession,
    collections: () => property(servicePath, 'Service', 'Collections', paths),
    async aliased(alias) {
      const [path] = await call(servicePath, 'Service', 'ReadAlias', [encode.text(alias)], onePath);
      return unlessNothing(path);
    },
    isLocked: (collection) => property(collection, 'Collection', 'Locked', decode.flag),
    async unlock(locked) {
      const body = [encode.list('o', locked.map(encode.objectPath))];
      const answer = decode.tupleOf<[string[], string]>(paths, decode.objectPath);
      const [, prompt] = await call(servicePath, 'Service', 'Unlock', body, answer);
      return { prompt: unlessNothing(prompt) };
    },
    async createCollection(label, alias) {
      const properties = encode.map('v', [
        ['org.freedesktop.Secret.Collection.Label', encode.variant(encode.text(label))],
      ]);
      const body = [properties, encode.text(alias)];
      const [collection, prompt] = await call(
        servicePath,
        'Service',
        'CreateCollection',
        body,
        twoPaths,
      );
      return { collection: unlessNothing(collection), prompt: unlessNothing(prompt) };
    },
    async search(collection, attributes) {
      const answer = decode.tupleOf<[string[]]>(paths);
      const [found] = await call(
        collection,
        'Collection',
        'SearchItems',
        [attributesArgument(attributes)],
        answer,
      );
      return found;
    },
    attributesOf: (item) =>
      property(item, 'Item', 'Attributes', decode.mapOf(decode.text, decode.text)),
    modifiedAt: (item) => property(item, 'Item', 'Modified', decode.uint64),
    async secretsOf(items, session) {
      const body = [encode.list('o', items.map(encode.objectPath)), encode.objectPath(session)];
      const answer = decode.tupleOf<[Map<string, [string, Buffer, Buffer, string]>]>(
        decode.mapOf(decode.objectPath, secretType),
      );
      const [secrets] = await call(servicePath, 'Service', 'GetSecrets', body, answer);
      return new Map(Array.from(secrets, ([item, parts]) => [item, toSecret(parts)]));
    },
    async createItem({ collection, label, attributes, secret }) {
      const properties = encode.map('v', [
        ['org.freedesktop.Secret.Item.Label', encode.variant(encode.text(label))],
        ['org.freedesktop.Secret.Item.Attributes', encode.variant(attributesArgument(attributes))],
      ]);
      const body = [properties, secretArgument(secret), encode.flag(true)];
      const [item, prompt] = await call(collection, 'Collection', 'CreateItem', body, twoPaths);
      return { item: unlessNothing(item), prompt: unlessNothing(prompt) };
    },
    async deleteItem(item) {
      const [prompt] = await call(item, 'Item', 'Delete', [], onePath);
      return { prompt: unlessNothing(prompt) };
    },
    async processId() {
      const asked = busCall('GetConnectionUnixProcessID', encode.text(serviceName));
      const [processId] = await bus.call(asked, decode.tupleOf<[number]>(decode.uint32));
      return processId;
    },
  };
}

function unlessNothing(path: string): string | undefined {
  return path === nothing ? undefined : path;
}

function attributesArgument(attributes: Attributes): encode.Argument {
  return encode.map(
    's',
    Array.from(attributes, ([name, value]) => [name, encode.text(value)] as const),
  );
}

function secretArgument({ session, parameters, value }: Secret): encode.Argument {
  const contentType = encode.text('text/plain');
  return encode.struct(
    encode.objectPath(session),
    encode.bytes(parameters),
    encode.bytes(value),
    contentType,
  );
}

function toSecret([session, parameters, value]: [string, Buffer, Buffer, string]): Secret {
  return { session, parameters, value };
}
