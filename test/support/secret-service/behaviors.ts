// Ways in which a scripted provider fails its callers. A behavior receives the correct reply and
// may use it.
import { DBusError, type Message } from '@jellybrick/dbus-next';

export interface Reply {
  signature: string;
  body: unknown[];
}

/** A reply, no reply, or the exit of the provider as in a crash. */
export type Outcome = Reply | 'silence' | 'death';

/** Calling `honest` performs the request; not calling it leaves it undone. */
export type Behavior = (honest: () => Reply, call: Message) => Outcome | Promise<Outcome>;

/** Does nothing and never replies. */
export const silent: Behavior = () => 'silence';

/** Performs the request and never replies. */
export const silentAfter: Behavior = (honest) => {
  honest();
  return 'silence';
};

/** Exits before it does anything. */
export const dying: Behavior = () => 'death';

/** Exits after it has performed the request and before it replies. */
export const dyingAfter: Behavior = (honest) => {
  honest();
  return 'death';
};

/** Replies correctly after the promise has resolved. */
export function late(event: Promise<unknown>): Behavior {
  return async (honest) => {
    await event;
    return honest();
  };
}

/** Always returns this reply and does nothing. */
export function answering(signature: string, ...body: unknown[]): Behavior {
  return () => ({ signature, body });
}

/** Refuses with an error of that name. */
export function refusing(name: string, text: string): Behavior {
  return () => {
    throw new DBusError(name, text);
  };
}

/** Behaves like this the first times, then correctly. */
export function times(count: number, behavior: Behavior): Behavior {
  let left = count;
  return (honest, call) => (left-- > 0 ? behavior(honest, call) : honest());
}
