import { withinLimit } from '../../../host/time-limit.ts';
import type { BackendContext } from '../../contract.ts';
import type { Connection } from './connection.ts';
import { BusError, isBusError } from './dbus/bus-error.ts';
import { describeFailure, keyringError } from './failures.ts';
import type { Session } from './session.ts';

/** Limit for one operation, including the time for a prompt. */
const operationLimitMs = 45_000;
const maxNewSessions = 2;

/** Runs operations on the service with a time limit and converts BusErrors to KeyringErrors. */
export interface Operations {
  /**
   * @param doing "read from", "write to" …
   * @throws KeyringError instead of a BusError
   */
  operation<T>(doing: string, run: () => Promise<T>): Promise<T>;
  /** Retries with a new session, at most twice, if the provider does not have the key of this one. */
  withSession<T>(run: (session: Session) => Promise<T>): Promise<T>;
}

export function createOperations(context: BackendContext, connection: Connection): Operations {
  return {
    async operation(doing, run) {
      const seconds = operationLimitMs / 1000;
      const expired = () =>
        new BusError('timeout', `the Secret Service did not finish within ${seconds} seconds`);
      try {
        return await withinLimit(context.host, operationLimitMs, run(), expired);
      } catch (error) {
        if (!isBusError(error)) throw error;
        if (error.fault === 'timeout') await connection.close();
        throw keyringError(context, doing, describeFailure(error), error);
      }
    },
    async withSession(run) {
      for (let newSessions = 0; ; newSessions++) {
        try {
          return await run(await connection.session());
        } catch (error) {
          if (!isBusError(error, 'session') || newSessions === maxNewSessions) throw error;
          connection.forgetSession();
        }
      }
    },
  };
}
