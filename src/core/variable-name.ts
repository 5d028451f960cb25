import { say } from './hint.ts';
/** Whether every shell accepts the text as the name of an environment variable. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** The message and the hint for a text that is not a valid name. */
export const notVariableName = {
  message: 'is not a name for an environment variable',
  hint: say('use letters, digits and _, and do not start with a digit'),
} as const;
