import { quote } from '../core/json.ts';
import type { Host } from '../host/host.ts';

const name = 'ATMOS_AUTH_TRUST';

/** Whether the environment trusts the configuration that was found. Only `ATMOS_AUTH_TRUST=1` does. */
export function isTrustedByVariable({ env }: Pick<Host, 'env'>): boolean {
  return env[name] === '1';
}

/** For the end of an error about missing trust: another value of the variable, which does not count. */
export function trustVariableNote({ env }: Pick<Host, 'env'>): string {
  const value = env[name] ?? '';
  return value === '' || value === '1'
    ? ''
    : `; ${name} is ${quote(value)}, but only the value 1 is accepted`;
}
