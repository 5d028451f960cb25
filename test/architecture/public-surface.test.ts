import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { surfaces } from '../../scripts/public-surface.mjs';

describe('the public surface is unchanged', () => {
  test.each(Object.entries(surfaces))('%s', (_name, { path, describe: describeSurface }) => {
    expect(
      describeSurface(),
      'if the change is meant: node scripts/public-surface.mjs, and a line in CHANGELOG.md',
    ).toBe(readFileSync(path, 'utf8'));
  });
});
