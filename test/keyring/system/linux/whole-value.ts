/** A value in which a mixture with another one can be detected. */
export function wholeValue(number: number): string {
  return `${number} `.repeat(2000);
}

export function isWhole(value: string): boolean {
  return value === wholeValue(Number(value.split(' ')[0]));
}
