// A Secret Service of our own, honest unless told otherwise, for what no real one does on demand.
// It lives in the process of the test: what is tried against it must not block this process.
import { DBusError, Message } from '@jellybrick/dbus-next';
import type { Behaviour } from './behaviours.ts';
import { openConnection } from './bus-connection.mjs';
import { openBus } from './bus.mjs';
import { createReleases } from './releases.mjs';
import {
  createScriptedKeyring,
  type ScriptedItem,
  type ScriptedKeyringOptions,
} from './scripted-keyring.ts';
import type { SecretService } from './types.ts';

export interface ScriptedProviderOptions extends ScriptedKeyringOptions {
  /** By interface and member, as `Service.GetSecrets` or `Properties.Get`. */
  script?: Record<string, Behaviour>;
}

export interface ScriptedProvider extends SecretService {
  /** What was called so far, as the names of the script, in order. */
  readonly calls: readonly string[];
  /** What it holds, in the order of creation. */
  items(): ScriptedItem[];
  /** From now on: a behaviour, or honesty. */
  script(member: string, behaviour?: Behaviour): void;
  /** A person at last answers the prompts that are open. */
  answerPrompts(answer: 'complete' | 'dismiss'): void;
}

/** On a bus of its own, which closes with it. */
export async function openScriptedProvider({
  script = {},
  ...options
}: ScriptedProviderOptions = {}): Promise<ScriptedProvider> {
  const bus = await openBus();
  const { add, releaseAll } = createReleases();
  add(bus.close);
  try {
    const connection = await openConnection(bus.busAddress);
    let alive = true;
    const die = () => {
      alive = false;
      connection.disconnect();
    };
    add(die);
    // What comes too late for its bus is dropped.
    const send = (message: Message) => void (alive && connection.send(message));
    const keyring = createScriptedKeyring(options, send);
    const behaviours = new Map(Object.entries(script));
    const calls: string[] = [];

    const answer = async (call: Message): Promise<void> => {
      const name = `${call.interface.split('.').at(-1)}.${call.member}`;
      calls.push(name);
      const honest = () => keyring.answer(name, call);
      try {
        const outcome = await (behaviours.get(name) ?? honest)(honest, call);
        if (outcome === 'death') die();
        else if (outcome !== 'silence') {
          send(Message.newMethodReturn(call, outcome.signature, outcome.body));
        }
      } catch (error) {
        const { type, text } = error instanceof DBusError ? error : failed(error);
        send(Message.newError(call, type, text));
      }
    };

    connection.addMethodHandler((call) => {
      void answer(call);
      return true;
    });
    await connection.requestName('org.freedesktop.secrets');
    return {
      ...bus,
      calls,
      items: keyring.items,
      script: (member, behaviour) => {
        if (behaviour) behaviours.set(member, behaviour);
        else behaviours.delete(member);
      },
      answerPrompts: keyring.answerPrompts,
      killProvider: async () => die(),
      close: releaseAll,
    };
  } catch (error) {
    await releaseAll();
    throw error;
  }
}

function failed(error: unknown): DBusError {
  return new DBusError('org.freedesktop.DBus.Error.Failed', String(error));
}
