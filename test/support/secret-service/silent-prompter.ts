import { Message } from '@jellybrick/dbus-next';
import { openConnection } from './bus-connection.mjs';

export interface SilentPrompter {
  /** Resolves when a prompt is requested. */
  asked: Promise<void>;
  close(): void;
}

/**
 * Replaces the prompter of GNOME's desktop, which shows gnome-keyring's password prompt, and never
 * answers: the prompt stays open. Resolves when gnome-keyring can find it.
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

  /** Lets gnome-keyring request its prompt. The next message would be the user's answer. */
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
