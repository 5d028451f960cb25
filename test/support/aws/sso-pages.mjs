// The pages that a person sees: a real browser can drive them.

/** @import { SsoAnswer, SsoUser } from './identity-center-types.ts' */

/**
 * Asks for a decision: the fields `decision`, `user` and those given are sent to `action`.
 *
 * @param {string} title
 * @param {string} action
 * @param {Readonly<Record<string, string>>} fields
 * @param {readonly SsoUser[]} users
 * @returns {SsoAnswer}
 */
export function confirmPage(title, action, fields, users) {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`,
  );
  const options = users.map(({ name }) => `<option>${escape(name)}</option>`).join('');
  const button = (/** @type {string} */ value, /** @type {string} */ text) =>
    `<button name="decision" value="${value}">${text}</button>`;
  return page(title, [
    `<form method="post" action="${action}">`,
    ...hidden,
    `<label>User <select name="user">${options}</select></label>`,
    button('allow', 'Allow'),
    button('deny', 'Deny'),
    '</form>',
  ]);
}

/** @returns {SsoAnswer} */
export function userCodePage() {
  return page('Enter the code', [
    '<form action="/device"><label>Code <input name="user_code"></label><button>Next</button></form>',
  ]);
}

/**
 * @param {string} text
 * @param {number} [status]
 * @returns {SsoAnswer}
 */
export function messagePage(text, status = 200) {
  return page(text, ['<p>You can close this window.</p>'], status);
}

/**
 * @param {URL} url
 * @returns {SsoAnswer}
 */
export function redirectTo(url) {
  return { status: 302, headers: { location: url.href }, body: '' };
}

/**
 * @param {string} title
 * @param {readonly string[]} lines
 * @param {number} [status]
 * @returns {SsoAnswer}
 */
function page(title, lines, status = 200) {
  const body = [
    '<!DOCTYPE html>',
    // Without an icon, a browser would ask for one.
    `<html lang="en"><head><title>${escape(title)}</title><link rel="icon" href="data:,"></head>`,
    `<body><h1>${escape(title)}</h1>`,
    ...lines,
    '</body></html>\n',
  ].join('\n');
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

/** @param {string} text */
function escape(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
