import type { Host } from '../../../host/host.ts';
import { connectSessionBus } from './dbus/bus.ts';
import { createSecretService, type SecretService } from './service.ts';
import { openSession, type Session } from './session.ts';

/** The way to the service: made when it is first needed, and again when it broke off. */
export interface Connection {
  service(): Promise<SecretService>;
  session(): Promise<Session>;
  /** The next session is a new one. */
  forgetSession(): void;
  close(): Promise<void>;
}

export function createConnection(host: Host): Connection {
  let connecting: Promise<SecretService> | undefined;
  let session: Promise<Session> | undefined;

  async function service(): Promise<SecretService> {
    const current = await connecting?.catch(() => undefined);
    if (current?.bus.isOpen()) return current;
    // Of several who find it broken, the first connects and the others wait for that.
    if (current === undefined || (await connecting) === current) {
      session = undefined;
      connecting = connectSessionBus(host).then(createSecretService);
    }
    return connecting as Promise<SecretService>;
  }
  return {
    service,
    async session() {
      const current = await service();
      session ??= openSession(current);
      return session;
    },
    forgetSession() {
      session = undefined;
    },
    async close() {
      const current = await connecting?.catch(() => undefined);
      current?.bus.close();
      connecting = undefined;
      session = undefined;
    },
  };
}
