import type { Host } from '../../../host/host.ts';
import { connectSessionBus } from './dbus/bus.ts';
import { createSecretService, type SecretService } from './service.ts';
import { openSession, type Session } from './session.ts';

/** The way to the service: made when it is first needed, and again after it broke off. */
export interface Connection {
  /** @throws BusError */
  service(): Promise<SecretService>;
  /** @throws BusError */
  session(): Promise<Session>;
  /** The next session is a new one. */
  forgetSession(): void;
  close(): Promise<void>;
}

export function createConnection(host: Host): Connection {
  let isBroken = () => false;
  let connecting: Promise<SecretService> | undefined;
  let opening: Promise<Session> | undefined;

  function forget(): void {
    connecting = undefined;
    opening = undefined;
    isBroken = () => false;
  }

  async function connect(): Promise<SecretService> {
    try {
      const bus = await connectSessionBus(host);
      isBroken = () => !bus.isOpen();
      return createSecretService(bus);
    } catch (error) {
      forget();
      throw error;
    }
  }

  function service(): Promise<SecretService> {
    if (isBroken()) forget();
    connecting ??= connect();
    return connecting;
  }

  return {
    service,
    async session() {
      const current = await service();
      opening ??= openSession(current);
      return opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    },
    forgetSession() {
      opening = undefined;
    },
    async close() {
      const held = connecting;
      forget();
      await held?.then(
        ({ bus }) => bus.close(),
        () => {},
      );
    },
  };
}
