import { isObject, parseJson } from '../../core/json.ts';
import type { ServerAnswer } from './http.ts';

/** What happened, if an answer is not one that the caller can use. */
export type Condition =
  | 'sealed'
  | 'uninitialized'
  | 'no-leader'
  | 'no-namespace'
  | 'no-mount'
  | 'denied'
  | 'changed'
  | 'busy'
  | 'too-large'
  | 'redirected'
  | 'failing'
  | 'refused';

/** Undefined for a success, and for `nothing found`. */
export function conditionOf({ status, text = '' }: ServerAnswer): Condition | undefined {
  if (status >= 200 && status < 300) return undefined;
  const said = errorsIn(text).join('\n');
  if (/\bis sealed\b/i.test(said)) return 'sealed';
  if (/not initialized/i.test(said) || status === 501) return 'uninitialized';
  if (/active cluster node not found|not active but|no active/i.test(said)) return 'no-leader';
  if (/too large/i.test(said) || status === 413) return 'too-large';
  if (/check-and-set parameter did not match/.test(said)) return 'changed';
  if (/namespace not found/i.test(said)) return 'no-namespace';
  if (/no handler for route/.test(said)) return 'no-mount';
  if (status === 404) return undefined;
  if (status === 401 || status === 403) return 'denied';
  if (status >= 300 && status < 400) return 'redirected';
  if (status === 472 || status === 473 || status === 474) return 'no-leader';
  if (status === 429 || status === 412) return 'busy';
  return status >= 500 ? 'failing' : 'refused';
}

/** Whether the same request may succeed a little later. A standby redirects while it cannot forward. */
export function isTransient(condition: Condition): boolean {
  return ['no-leader', 'redirected', 'busy', 'failing'].includes(condition);
}

/** The messages of an error of the server. */
export function errorsIn(text: string): string[] {
  const parsed = parseJson(text);
  const errors = isObject(parsed) ? parsed['errors'] : undefined;
  return Array.isArray(errors) ? errors.filter((one) => typeof one === 'string') : [];
}
