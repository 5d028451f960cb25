import { say } from './hint.ts';
/** Whether the text is a name that every shell takes for an environment variable. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** What is wrong with a text that is none, for a message and its hint. */
export const notVariableName = {
  message: 'is not a name for an environment variable',
  hint: say('use letters, digits and _, and no digit first'),
} as const;
