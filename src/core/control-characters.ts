/**
 * Whether a text contains a control character, `\p{Cc}`. That pattern takes V8 longer to read: it
 * looks the property up in Unicode's tables.
 */
export function hasControl(text: string): boolean {
  return /[^ -~\u00a0-\uffff]/.test(text);
}
