/** In CI nothing may be skipped: a missing peer or a failed build fails the run. */
export const isInCi = !['', 'false'].includes(process.env['CI'] ?? '');
