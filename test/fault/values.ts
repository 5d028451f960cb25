export const sharedKey = 'shared';

/** The number of own entries that a writer writes in turn. */
export const ownKeys = 50;

export function ownKey(writer: string, number: number): string {
  return `own ${writer} ${number % ownKeys}`;
}

/** A value with its writer and number. An incomplete one can be recognized. */
export function wholeValue(writer: string, number: number): string {
  return `${writer} ${number} ${String.fromCharCode(97 + (number % 26)).repeat(3000 + number)}`;
}

/** The number in a complete value, or undefined for any other text. */
export function numberOf(value: string | null): number | undefined {
  const [writer = '', number = ''] = (value ?? '').split(' ', 2);
  return value === wholeValue(writer, Number(number)) ? Number(number) : undefined;
}

/** The passwords between which the tests of rekey change. */
export const passwords = ['correct horse battery staple', 'the password from now on'] as const;
