import type { Host } from '../../../host/host.ts';
import { withinLimit } from '../../../host/time-limit.ts';
import { busCall, type Bus } from './dbus/bus.ts';
import { BusError, malformed } from './dbus/bus-error.ts';
import * as decode from './dbus/decode.ts';
import * as encode from './dbus/encode.ts';
import type { Call } from './dbus/message.ts';

// The interfaces of the Secret Service (freedesktop.org, "Secret Service API Draft") that are used
// here. The path "/" means "none": no collection, no prompt.

export const serviceName = 'org.freedesktop.secrets';
const servicePath = '/org/freedesktop/secrets';
const namespace = 'org.freedesktop.Secret';
const nothing = '/';

/** A value as it is sent, encrypted by its session. */
export interface Secret {
  /** Object path of the session. */
  readonly session: string;
  /** The initialization vector, in a session that encrypts. */
  readonly parameters: Buffer;
  readonly value: Buffer;
}

export type Attributes = ReadonlyMap<string, string>;

/** An answer that may require a prompt: `prompt` is then its object path. */
export interface Prompted {
  readonly prompt: string | undefined;
}

export interface SecretService {
  readonly bus: Bus;
  collections(): Promise<string[]>;
  /** The collection with this alias, if it exists. */
  aliased(alias: string): Promise<string | undefined>;
  isLocked(collection: string): Promise<boolean>;
  /** @param paths of collections and items */
  unlock(paths: readonly string[]): Promise<Prompted>;
  createCollection(
    label: string,
    alias: string,
  ): Promise<Prompted & { collection: string | undefined }>;
  search(collection: string, attributes: Attributes): Promise<string[]>;
  /** All items of a collection. */
  itemsOf(collection: string): Promise<string[]>;
  attributesOf(item: string): Promise<Attributes>;
  /** Seconds since 1970, according to the provider. */
  modifiedAt(item: string): Promise<bigint>;
  /** The secrets of the items that are not locked. */
  secretsOf(items: readonly string[], session: string): Promise<Map<string, Secret>>;
  /** Creates an item, or overwrites the one with the same attributes. */
  createItem(item: NewItem): Promise<Prompted & { item: string | undefined }>;
  overwriteItem(item: string, secret: Secret): Promise<void>;
  deleteItem(item: string): Promise<Prompted>;
  /** @returns the object path of the session */
  openPlainSession(): Promise<string>;
  openEncryptedSession(
    algorithm: string,
    publicKey: Buffer,
  ): Promise<{ path: string; peerKey: Buffer }>;
  /** Id of the process that provides the service. */
  processId(): Promise<number>;
}

export interface NewItem {
  readonly collection: string;
  readonly label: string;
  readonly attributes: Attributes;
  readonly secret: Secret;
}

/** Session, parameters, value, content type. */
type SecretParts = [string, Buffer, Buffer, string];

const secretType = decode.structOf<SecretParts>(
  decode.objectPath,
  decode.bytes,
  decode.bytes,
  decode.text,
);
const paths = decode.listOf(decode.objectPath);
const onePath = decode.tupleOf<[string]>(decode.objectPath);
const twoPaths = decode.tupleOf<[string, string]>(decode.objectPath, decode.objectPath);

/** Methods whose errors may quote the value that was sent. */
const secretMethods = new Set(['Collection.CreateItem', 'Item.SetSecret']);

export function createSecretService(bus: Bus): SecretService {
  /** @param method interface and member, as in "Service.Unlock" */
  async function call<T>(
    path: string,
    method: string,
    body: readonly encode.Argument[],
    answer: decode.Decoder<T>,
  ): Promise<T> {
    const [kind, member = ''] = method.split('.');
    const isSecret = secretMethods.has(method);
    const named = { destination: serviceName, path, interface: `${namespace}.${kind}`, member };
    return bus.call({ ...named, body, isSecret }, answer);
  }

  /** @param name interface and property, as in "Item.Modified" */
  async function property<T>(path: string, name: string, type: decode.Decoder<T>): Promise<T> {
    const [kind, member = ''] = name.split('.');
    const get = {
      destination: serviceName,
      path,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      body: [encode.text(`${namespace}.${kind}`), encode.text(member)],
    };
    const [value] = await bus.call(get, decode.tupleOf<[T]>(decode.variantOf(type)));
    return value;
  }

  return {
    bus,
    collections: () => property(servicePath, 'Service.Collections', paths),
    async aliased(alias) {
      const body = [encode.text(alias)];
      const [path] = await call(servicePath, 'Service.ReadAlias', body, onePath);
      return unlessNothing(path);
    },
    isLocked: (collection) => property(collection, 'Collection.Locked', decode.flag),
    async unlock(locked) {
      const body = [encode.list('o', locked.map(encode.objectPath))];
      const answer = decode.tupleOf<[string[], string]>(paths, decode.objectPath);
      const [, prompt] = await call(servicePath, 'Service.Unlock', body, answer);
      return { prompt: unlessNothing(prompt) };
    },
    async createCollection(label, alias) {
      const body = [
        formatProperties('Collection', { Label: encode.text(label) }),
        encode.text(alias),
      ];
      const [collection, prompt] = await call(
        servicePath,
        'Service.CreateCollection',
        body,
        twoPaths,
      );
      return { collection: unlessNothing(collection), prompt: unlessNothing(prompt) };
    },
    async search(collection, attributes) {
      const answer = decode.tupleOf<[string[]]>(paths);
      const body = [formatAttributes(attributes)];
      const [found] = await call(collection, 'Collection.SearchItems', body, answer);
      return found;
    },
    itemsOf: (collection) => property(collection, 'Collection.Items', paths),
    attributesOf: (item) =>
      property(item, 'Item.Attributes', decode.mapOf(decode.text, decode.text)),
    modifiedAt: (item) => property(item, 'Item.Modified', decode.uint64),
    async secretsOf(items, session) {
      const body = [encode.list('o', items.map(encode.objectPath)), encode.objectPath(session)];
      const answer = decode.tupleOf<[Map<string, SecretParts>]>(
        decode.mapOf(decode.objectPath, secretType),
      );
      const [secrets] = await call(servicePath, 'Service.GetSecrets', body, answer);
      return new Map(Array.from(secrets, ([item, parts]) => [item, parseSecret(parts)]));
    },
    async createItem({ collection, label, attributes, secret }) {
      const properties = formatProperties('Item', {
        Label: encode.text(label),
        Attributes: formatAttributes(attributes),
      });
      const body = [properties, formatSecret(secret), encode.flag(true)];
      const [item, prompt] = await call(collection, 'Collection.CreateItem', body, twoPaths);
      return { item: unlessNothing(item), prompt: unlessNothing(prompt) };
    },
    async overwriteItem(item, secret) {
      await call(item, 'Item.SetSecret', [formatSecret(secret)], decode.tupleOf<[]>());
    },
    async deleteItem(item) {
      const [prompt] = await call(item, 'Item.Delete', [], onePath);
      return { prompt: unlessNothing(prompt) };
    },
    async openPlainSession() {
      const body = [encode.text('plain'), encode.variant(encode.text(''))];
      const answer = decode.tupleOf<[string, string]>(
        decode.variantOf(decode.text),
        decode.objectPath,
      );
      const [, path] = await call(servicePath, 'Service.OpenSession', body, answer);
      return path;
    },
    async openEncryptedSession(algorithm, publicKey) {
      const body = [encode.text(algorithm), encode.variant(encode.bytes(publicKey))];
      const answer = decode.tupleOf<[Buffer, string]>(
        decode.variantOf(decode.bytes),
        decode.objectPath,
      );
      const [peerKey, path] = await call(servicePath, 'Service.OpenSession', body, answer);
      return { path, peerKey };
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

function formatProperties(
  kind: string,
  properties: Readonly<Record<string, encode.Argument>>,
): encode.Argument {
  const named = Object.entries(properties).map(
    ([name, value]) => [`${namespace}.${kind}.${name}`, encode.variant(value)] as const,
  );
  return encode.map('v', named);
}

function formatAttributes(attributes: Attributes): encode.Argument {
  const values = Array.from(attributes, ([name, value]) => [name, encode.text(value)] as const);
  return encode.map('s', values);
}

function formatSecret({ session, parameters, value }: Secret): encode.Argument {
  return encode.struct(
    encode.objectPath(session),
    encode.bytes(parameters),
    encode.bytes(value),
    encode.text('text/plain'),
  );
}

function parseSecret([session, parameters, value]: SecretParts): Secret {
  return { session, parameters, value };
}

/** Time limit for an answer to a prompt. */
const promptLimitMs = 30_000;
const promptInterface = 'org.freedesktop.Secret.Prompt';

/**
 * Lets the provider show its prompt, if it needs one, and dismisses the prompt after 30 seconds.
 *
 * @param what purpose of the prompt, for the message: "to unlock the keyring"
 * @returns false if the prompt was dismissed by the user or could not be shown
 * @throws BusError, `timeout` when it was not answered
 */
export async function followPrompt(
  bus: Bus,
  host: Pick<Host, 'sleep' | 'waiting'>,
  { prompt }: Prompted,
  what: string,
): Promise<boolean> {
  if (prompt === undefined) return true;
  const completed = bus.nextSignal(prompt, 'Completed');
  let endWait: (() => void) | undefined;
  try {
    await bus.call(busCall('AddMatch', encode.text(matchRule(prompt))), decode.tupleOf<[]>());
    await bus.call(promptCall(prompt, 'Prompt', encode.text('')), decode.tupleOf<[]>());
    endWait = host.waiting(`an answer to the question ${what}`, promptLimitMs);
    const expired = () =>
      new BusError(
        'timeout',
        `the question ${what} was not answered within ${promptLimitMs / 1000} seconds`,
      );
    const { signature, body } = await withinLimit(host, promptLimitMs, completed.message, expired);
    if (signature !== 'bv') throw malformed('the result of a prompt has an unexpected type');
    return !decode.flag.read(body);
  } catch (error) {
    dismissPrompt(bus, { prompt });
    throw error;
  } finally {
    endWait?.();
    completed.forget();
  }
}

/** Dismisses a prompt that was not shown or not answered. Does not wait for the answer. */
export function dismissPrompt(bus: Bus, { prompt }: Prompted): void {
  if (prompt !== undefined && bus.isOpen()) bus.send(promptCall(prompt, 'Dismiss'));
}

function promptCall(path: string, member: string, ...body: encode.Argument[]): Call {
  return { destination: serviceName, path, interface: promptInterface, member, body };
}

function matchRule(prompt: string): string {
  return `type='signal',sender='${serviceName}',interface='${promptInterface}',member='Completed',path='${prompt}'`;
}
