/**
 * A text with `…` instead of the name and the password of a URL. A text that is one URL may have any spelling
 * that `new URL()` accepts, such as `https:/ada:secret@host`.
 */
export function withoutUrlUser(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || `${url.username}${url.password}` === '')
    return text.replaceAll(/\/\/[^/@\s]*@/g, '//…@');
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.protocol}//…@${url.host}${path}${url.search}`;
}
