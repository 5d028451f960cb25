// The words that scripts/check-words.mjs finds, and the plain technical English to write instead.

/**
 * @typedef {object} Word
 * @property {string} name as it is listed and counted
 * @property {RegExp} pattern
 * @property {string} write what to write instead
 * @property {boolean} [isCode] whether code blocks and code spans of a page are searched as well
 */

/** @type {readonly Word[]} */
export const words = [
  { name: 'mend', pattern: /\bmend(s|ed|ing)?\b/i, write: 'fix, repair' },
  {
    name: 'somebody',
    pattern: /\b(somebody|nobody|whoever|anybody)\b/i,
    write: 'a user, another process, the caller; "never prompts" for "asks nobody"',
  },
  {
    name: 'told',
    pattern: /\b((is|are|was|were|be) told|tells? of|told of)\b/i,
    write: 'reports, is reported, warns, logs',
  },
  {
    name: 'none is',
    pattern: /\b((is|are|was|were) none|none (is|are|was|were))\b/i,
    write: 'missing, not found, no … exists',
  },
  {
    name: 'of ours',
    pattern: /\b(of others|ours|theirs)\b/i,
    write: "our own …, another tool's …, other programs",
  },
  { name: 'stands in', pattern: /\b(stands?|standing|stood) (in|at)\b/i, write: 'is in, is at' },
  { name: 'graver', pattern: /\bgrave(r|st)\b/i, write: 'more severe, most severe' },
  {
    name: 'ends it',
    pattern: /\b(ends? it|(is|are|was|were) ended)\b/i,
    write: 'stops, exits, is terminated',
  },
  {
    name: 'let be',
    pattern: /\b(let be|left alone|leaves? alone)\b/i,
    write: 'ignored, skipped, not changed',
  },
  { name: 'in silence', pattern: /\bin silence\b/i, write: 'silently' },
  {
    name: 'lacks',
    pattern: /\b(befits?|lacks?|lacking|wants|for want of)\b/i,
    write: 'is appropriate, does not have, because … is missing',
  },
  { name: 'good for nothing', pattern: /\bgood for nothing\b/i, write: 'invalid' },
  { name: 'taken for', pattern: /\b(taken|takes?|took) for (?!granted)/i, write: 'treated as' },
  {
    name: 'hand over',
    pattern: /\bhand(s|ed|ing)? over\b/i,
    write: 'delegate (to another program), pass (a value)',
  },
  {
    name: 'room',
    pattern: /\b(surroundings|rooms?|house)\b/i,
    write: 'runtime environment, module, codebase, space',
  },
  { name: 'guardian', pattern: /\bguardians?\b/i, write: 'permission check' },
  { name: 'patiently', pattern: /\bpatient(ly)?\b/i, write: 'retry while the file is open' },
  { name: 'unwell', pattern: /\bunwell\b/i, write: 'failed' },
  { name: 'farewell', pattern: /\bfarewell\b/i, write: 'shutdown grace period' },
  { name: 'front', pattern: /\bfronts?\b(?! of)/i, write: 'client' },
  { name: 'parted', pattern: /\bparted\b/i, write: 'chunked' },
  {
    name: 'elliptic sentence',
    pattern: /\b(and so (is|are|was|were|does|do|has|have|goes|go)|be it|all that)\b/i,
    write: 'a full sentence with subject and verb; "everything that", "also"',
  },
  { name: ', too', pattern: /, too(?![\w-])/i, write: 'also' },
  {
    name: 'British spelling',
    pattern:
      /\b(colour(s|ed|ing)?|cancell(ed|ing)|behaviour|honour(s|ed)?|favour\w*|labelled|modelled|signalled|travell\w+|centre|grey|licences?|whilst|\w*(author|organ|recogn|initial|normal|serial|synchron|minim|maxim|optim|custom|util|final)is(e|es|ed|ing|ation))\b/i,
    write: 'the US spelling: color, canceled, authorize, behavior',
  },
  {
    name: 'secret in a command',
    pattern: /\b(export|set|\$env:)\s*\w*(PASSWORD|PASSPHRASE|SECRET|TOKEN)\w*\s*=\s*[<'"]/i,
    write: 'a file, a prompt or an unlocked keyring: no secret is typed into a shell command',
    isCode: true,
  },
];

/**
 * Text that may stay. `text` is searched in the line or string of a finding.
 *
 * @type {readonly { file: string, text: string, why: string }[]}
 */
export const exceptions = [];
