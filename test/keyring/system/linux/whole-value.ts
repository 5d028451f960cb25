/** A value that shows when two of them were mixed. */
export function wholeValue(number: number): string {
  return `${number} `.repeat(2000);
}

export function isWhole(value: string): boolean {
  return value === wholeValue(Number(value.split(' ')[0]));
}
