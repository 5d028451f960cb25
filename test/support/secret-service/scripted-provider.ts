// A Secret Service provider for behavior that no real one shows on demand. It behaves correctly
// without a script. It runs in the process of the test, so tested code must not block this process.
import { DBusError, Message } from '@jellybrick/dbus-next';
import type { Behavior } from './behaviors.ts';
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
  script?: Record<string, Behavior>;
}

export interface ScriptedProvider extends SecretService {
  /** The calls until now, by the names of the script, in order. */
  readonly calls: readonly string[];
  /** The stored items, in the order of creation. */
  items(): ScriptedItem[];
  /** Sets the behavior from now on; undefined restores the correct one. */
  script(member: string, behavior?: Behavior): void;
  /** Answers the open prompts as a user would. */
  answerPrompts(answer: 'complete' | 'dismiss'): void;
}

/** On its own bus, which is closed with it. */
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
    // A reply after the bus was closed is dropped.
    const send = (message: Message) => void (alive && connection.send(message));
    const keyring = createScriptedKeyring(options, send);
    const behaviors = new Map(Object.entries(script));
    const calls: string[] = [];

    const answer = async (call: Message): Promise<void> => {
      const name = `${call.interface.split('.').at(-1)}.${call.member}`;
      calls.push(name);
      const honest = () => keyring.answer(name, call);
      try {
        const outcome = await (behaviors.get(name) ?? honest)(honest, call);
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
      script: (member, behavior) => {
        if (behavior) behaviors.set(member, behavior);
        else behaviors.delete(member);
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
