/** Where nothing may be left out: a peer that is missing, or a build that fails, fails the run. */
export const isInCi = !['', 'false'].includes(process.env['CI'] ?? '');
