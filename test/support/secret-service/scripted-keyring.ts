import { DBusError, Message, Variant } from '@jellybrick/dbus-next';
import type { Reply } from './behaviors.ts';
import {
  createDhSession,
  createPlainSession,
  dhAlgorithm,
  type ScriptedSession,
} from './scripted-session.ts';

export interface ScriptedItem {
  path: string;
  attributes: Record<string, string>;
  label: string;
  value: Buffer;
  contentType: string;
  createdAt: Date;
  modifiedAt: Date;
}

export interface ScriptedKeyringOptions {
  /** Default: both, as gnome-keyring. */
  algorithms?: readonly ('dh' | 'plain')[];
  locked?: boolean;
  /** No collection `login`, and no alias `default`. */
  noCollection?: boolean;
  /** The result of a prompt. Default: it completes at once. */
  prompts?: 'complete' | 'dismiss' | 'unanswered';
  items?: readonly { attributes: Record<string, string>; value: string; modifiedAt?: Date }[];
}

export interface ScriptedKeyring {
  /** @throws DBusError */
  answer(member: string, call: Message): Reply;
  items(): ScriptedItem[];
  answerPrompts(answer: 'complete' | 'dismiss'): void;
}

type WireSecret = [session: string, parameters: Buffer, sealed: Buffer, contentType: string];

const servicePath = '/org/freedesktop/secrets';
const collectionPath = `${servicePath}/collection/login`;
const noPath = '/';

/** The correct part: one collection `login`, kept in memory. */
export function createScriptedKeyring(
  options: ScriptedKeyringOptions,
  send: (signal: Message) => void,
): ScriptedKeyring {
  const { algorithms = ['dh', 'plain'], noCollection = false, prompts = 'complete' } = options;
  let { locked = false } = options;
  let lastNumber = 0;
  const nextNumber = () => ++lastNumber;
  const sessions = new Map<string, ScriptedSession>();
  /** The objects that each prompt would unlock. */
  const openPrompts = new Map<string, string[]>();
  const items = new Map<string, ScriptedItem>();
  for (const { attributes, value, modifiedAt = new Date(0) } of options.items ?? []) {
    store(
      { attributes, label: '', value: Buffer.from(value), contentType: 'text/plain' },
      modifiedAt,
    );
  }

  function store(
    item: Omit<ScriptedItem, 'path' | 'createdAt' | 'modifiedAt'>,
    now: Date,
    { path, createdAt } = { path: `${collectionPath}/${nextNumber()}`, createdAt: now },
  ): string {
    items.set(path, { ...item, path, createdAt, modifiedAt: now });
    return path;
  }

  function search(attributes: Record<string, string>): ScriptedItem[] {
    const wanted = Object.entries(attributes);
    return [...items.values()].filter((item) =>
      wanted.every(([name, value]) => item.attributes[name] === value),
    );
  }

  const searchPaths = (call: Message) => {
    return search(call.body[0] as Record<string, string>).map(({ path }) => path);
  };

  function itemAt(path: string): ScriptedItem {
    const item = items.get(path);
    if (!item) throw secretError('NoSuchObject', `no item ${path}`);
    return item;
  }

  function sessionAt(path: string): ScriptedSession {
    const session = sessions.get(path);
    if (!session) throw secretError('NoSession', `no session ${path}`);
    return session;
  }

  function seal(item: ScriptedItem, session: string): WireSecret {
    if (locked) throw secretError('IsLocked', 'the collection is locked');
    const { parameters, sealed } = sessionAt(session).seal(item.value);
    return [session, parameters, sealed, item.contentType];
  }

  function openSession(algorithm: string, input: Variant): Reply {
    const session =
      algorithm === dhAlgorithm && algorithms.includes('dh')
        ? createDhSession(input.value as Buffer)
        : algorithm === 'plain' && algorithms.includes('plain')
          ? createPlainSession()
          : undefined;
    if (!session) {
      throw new DBusError('org.freedesktop.DBus.Error.NotSupported', `no algorithm ${algorithm}`);
    }
    const path = `${servicePath}/session/${nextNumber()}`;
    sessions.set(path, session);
    return { signature: 'vo', body: [session.output, path] };
  }

  function createItem(call: Message): Reply {
    if (locked) throw secretError('IsLocked', 'the collection is locked');
    const [properties, secret, replace] = call.body as [
      Record<string, Variant>,
      WireSecret,
      boolean,
    ];
    const [session, parameters, sealed, contentType] = secret;
    const attributes = propertyOf(properties, 'Attributes') as Record<string, string>;
    const label = propertyOf(properties, 'Label') as string;
    const value = sessionAt(session).open(parameters, sealed);
    const exact = search(attributes).find((item) => sameAttributes(item.attributes, attributes));
    const now = new Date();
    const item = { attributes, label, value, contentType };
    const path = replace && exact ? store(item, now, exact) : store(item, now);
    return { signature: 'oo', body: [path, noPath] };
  }

  function unlock(paths: string[]): Reply {
    if (!locked) return { signature: 'aoo', body: [paths, noPath] };
    const prompt = `${servicePath}/prompt/${nextNumber()}`;
    openPrompts.set(prompt, paths);
    return { signature: 'aoo', body: [[], prompt] };
  }

  function endPrompt(path: string, answer: 'complete' | 'dismiss'): void {
    const paths = openPrompts.get(path);
    if (!paths) return;
    openPrompts.delete(path);
    if (answer === 'complete') locked = false;
    const result = new Variant('ao', answer === 'complete' ? paths : []);
    const body = [answer === 'dismiss', result];
    send(Message.newSignal(path, 'org.freedesktop.Secret.Prompt', 'Completed', 'bv', body));
  }

  function property(path: string, name: string): Variant {
    if (path === servicePath && name === 'Collections') {
      return new Variant('ao', noCollection ? [] : [collectionPath]);
    }
    const found = properties(path)[name];
    if (!found)
      throw new DBusError('org.freedesktop.DBus.Error.InvalidArgs', `no property ${name}`);
    return found;
  }

  function collectionProperties(): Record<string, Variant> {
    if (noCollection) throw secretError('NoSuchObject', 'no collection');
    return {
      Items: new Variant('ao', [...items.keys()]),
      Label: new Variant('s', 'Login'),
      Locked: new Variant('b', locked),
      Created: new Variant('t', 0n),
      Modified: new Variant('t', 0n),
    };
  }

  const itemProperties = (item: ScriptedItem): Record<string, Variant> => ({
    Locked: new Variant('b', locked),
    Attributes: new Variant('a{ss}', item.attributes),
    Label: new Variant('s', item.label),
    Created: new Variant('t', seconds(item.createdAt)),
    Modified: new Variant('t', seconds(item.modifiedAt)),
  });

  const properties = (path: string) =>
    isCollection(path) ? collectionProperties() : itemProperties(itemAt(path));

  const methods: Record<string, (call: Message) => Reply> = {
    'Peer.Ping': () => nothing,
    'Service.OpenSession': ({ body }) => openSession(body[0] as string, body[1] as Variant),
    'Service.SearchItems': (call) => {
      const paths = searchPaths(call);
      return { signature: 'aoao', body: locked ? [[], paths] : [paths, []] };
    },
    'Service.Unlock': ({ body }) => unlock(body[0] as string[]),
    'Service.ReadAlias': ({ body }) => {
      const known = body[0] === 'default' && !noCollection;
      return { signature: 'o', body: [known ? collectionPath : noPath] };
    },
    'Service.GetSecrets': ({ body }) => {
      const [paths, session] = body as [string[], string];
      const found = locked ? [] : paths.filter((path) => items.has(path));
      const secrets = found.map((path) => [path, seal(itemAt(path), session)]);
      return { signature: 'a{o(oayays)}', body: [Object.fromEntries(secrets)] };
    },
    'Collection.SearchItems': (call) => ({ signature: 'ao', body: [searchPaths(call)] }),
    'Collection.CreateItem': createItem,
    'Item.GetSecret': ({ path, body }) => {
      return { signature: '(oayays)', body: [seal(itemAt(path), body[0] as string)] };
    },
    'Item.Delete': ({ path }) => {
      if (locked) throw secretError('IsLocked', 'the collection is locked');
      items.delete(itemAt(path).path);
      return { signature: 'o', body: [noPath] };
    },
    'Session.Close': ({ path }) => {
      sessions.delete(path);
      return nothing;
    },
    'Prompt.Prompt': ({ path }) => {
      // Emitted after the reply to this call, as by a real provider.
      if (prompts !== 'unanswered') setImmediate(() => endPrompt(path, prompts));
      return nothing;
    },
    'Prompt.Dismiss': ({ path }) => {
      setImmediate(() => endPrompt(path, 'dismiss'));
      return nothing;
    },
    'Properties.Get': ({ path, body }) => {
      return { signature: 'v', body: [property(path, body[1] as string)] };
    },
    'Properties.GetAll': ({ path }) => ({ signature: 'a{sv}', body: [properties(path)] }),
  };

  return {
    answer(member, call) {
      const method = methods[member];
      if (method) return method(call);
      throw new DBusError('org.freedesktop.DBus.Error.UnknownMethod', `no method ${member}`);
    },
    items: () => [...items.values()],
    answerPrompts(answer) {
      for (const path of openPrompts.keys()) endPrompt(path, answer);
    },
  };
}

const nothing: Reply = { signature: '', body: [] };

function isCollection(path: string): boolean {
  return path === collectionPath || path === `${servicePath}/aliases/default`;
}

function propertyOf(properties: Record<string, Variant>, name: string): unknown {
  return properties[`org.freedesktop.Secret.Item.${name}`]?.value;
}

function sameAttributes(one: Record<string, string>, other: Record<string, string>): boolean {
  const count = Object.keys(one).length === Object.keys(other).length;
  return count && Object.entries(one).every(([name, value]) => other[name] === value);
}

function seconds(date: Date): bigint {
  return BigInt(Math.floor(date.getTime() / 1000));
}

function secretError(name: string, text: string): DBusError {
  return new DBusError(`org.freedesktop.Secret.Error.${name}`, text);
}
