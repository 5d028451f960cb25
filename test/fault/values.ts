export const sharedKey = 'shared';

/** How many keys of its own a writer goes through, again and again. */
export const ownKeys = 50;

export function ownKey(writer: string, number: number): string {
  return `own ${writer} ${number % ownKeys}`;
}

/** A value that says who wrote it as which, and shows when it is not whole. */
export function wholeValue(writer: string, number: number): string {
  return `${writer} ${number} ${String.fromCharCode(97 + (number % 26)).repeat(3000 + number)}`;
}

/** The number of a whole value, or undefined for text that no writer wrote. */
export function numberOf(value: string | null): number | undefined {
  const [writer = '', number = ''] = (value ?? '').split(' ', 2);
  return value === wholeValue(writer, Number(number)) ? Number(number) : undefined;
}

/** Those that the tests of rekey change between. */
export const passwords = ['correct horse battery staple', 'the password from now on'] as const;
