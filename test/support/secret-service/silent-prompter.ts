import { Message } from '@jellybrick/dbus-next';
import { openConnection } from './bus-connection.mjs';

export interface SilentPrompter {
  /** Resolves when the question is put. */
  asked: Promise<void>;
  close(): void;
}

/**
 * Stands where GNOME's desktop shows gnome-keyring's question for the password, and lets nobody
 * answer: the prompt stays open. Resolves when gnome-keyring can find it.
 */
export async function openSilentPrompter(busAddress: string): Promise<SilentPrompter> {
  const connection = await openConnection(busAddress);
  const asked = new Promise<void>((resolve) => {
    connection.addMethodHandler((call) => {
      connection.send(Message.newMethodReturn(call, '', []));
      if (call.member === 'BeginPrompting') beReady(call);
      if (call.member === 'PerformPrompt') resolve();
      return true;
    });
  });

  /** Lets gnome-keyring put its question; the next word to it would be the person's answer. */
  function beReady({ sender, body }: Message): void {
    const ready = new Message({
      destination: sender,
      path: String(body[0]),
      interface: 'org.gnome.keyring.internal.Prompter.Callback',
      member: 'PromptReady',
      signature: 'sa{sv}s',
      body: ['', {}, ''],
    });
    connection.send(ready);
  }

  await connection.requestName('org.gnome.keyring.SystemPrompter');
  return { asked, close: () => connection.disconnect() };
}
