import { BackendError } from '../../../../core/errors.ts';

/**
 * What went wrong between us and the bus:
 *
 * - `absent`: there is no bus to go to; `unreachable`: nobody serves its socket; `rejected`: it does
 *   not want us; `closed`: the connection broke off;
 * - `timeout`: no answer in time; `malformed`: an answer that is none;
 * - `answered`: an error, as an answer. `errorName` then says which;
 * - `empty`: the service has no keyring for us; `locked`: a person, or nobody, said no; `session`: the provider and we have not the same key.
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

/** A failure of D-Bus. The keyring turns it into one of its own: none leaves the backend. */
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
