import { BackendError } from '../../../../core/errors.ts';

/**
 * What failed:
 *
 * - `absent`: no bus is configured; `unreachable`: no process listens on its socket; `rejected`:
 *   the bus does not accept this user; `closed`: the connection was closed;
 * - `timeout`: no answer in time; `malformed`: an answer that cannot be parsed;
 * - `answered`: the answer is an error; `errorName` has its name;
 * - `empty`: the service has no open keyring; `locked`: the prompt was dismissed; `session`: the
 *   provider and this process do not have the same session key.
 */
export type BusFault =
  | 'absent'
  | 'unreachable'
  | 'rejected'
  | 'closed'
  | 'timeout'
  | 'malformed'
  | 'answered'
  | 'empty'
  | 'locked'
  | 'session';

/** A failure of D-Bus. The backend converts it to a KeyringError before it reaches a caller. */
export class BusError extends BackendError {
  readonly fault: BusFault;
  /** `org.freedesktop.DBus.Error.ServiceUnknown` and the like; empty unless `answered`. */
  readonly errorName: string;

  constructor(fault: BusFault, message: string, errorName = '') {
    super(message);
    this.name = 'BusError';
    this.fault = fault;
    this.errorName = errorName;
  }
}

export function isBusError(error: unknown, fault?: BusFault): error is BusError {
  return error instanceof BusError && (fault === undefined || error.fault === fault);
}

export function malformed(what: string): BusError {
  return new BusError('malformed', what);
}

/** Undefined if the service does not have such an object, or has another one under its name. */
export async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isBusError(error, 'answered') || isBusError(error, 'malformed')) return undefined;
    throw error;
  }
}
