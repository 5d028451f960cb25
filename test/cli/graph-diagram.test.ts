import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { AuthGraph, ListedIdentity, ListedProvider } from '../../src/app/auth-graph.ts';
import { formatGraphviz, formatMarkdown, formatMermaid } from '../../src/cli/graph-diagram.ts';
import { peer } from '../support/peers.ts';

const provider = (name: string): ListedProvider => ({
  type: 'provider',
  name,
  kind: 'github/oidc',
  isDefault: false,
  tags: [],
});

const identity = (name: string, fields: Partial<ListedIdentity> = {}): ListedIdentity => ({
  type: 'identity',
  name,
  kind: 'aws/assume-role',
  isDefault: false,
  tags: [],
  chain: [],
  ...fields,
});

const below = (type: 'provider' | 'identity', name: string, isMissing = false) => ({
  via: { type, name, isMissing },
});

const graph: AuthGraph = {
  providers: [provider('same')],
  identities: [
    identity('same', below('provider', 'same')),
    identity('prod', { isDefault: true, ...below('identity', 'same') }),
    identity('lost', { kind: '', ...below('identity', 'gone', true) }),
    identity('apart', below('identity', 'filtered')),
  ],
};

/** Names that would break a format in which they were written as they are. */
const hostile = [
  'a"b',
  'a]b',
  'a|b',
  'a\nb',
  '<script>alert(1)</script>',
  '&lt;b&gt;',
  '`code`',
  '```',
  'end',
  'a --> b',
  '%% comment',
  'a\\Nb\\',
  '#quot;',
  '--- {a}',
  'ünï 😀',
  '\u001b[31m',
];

describe('mermaid', () => {
  test('has generated ids, one edge for each via, and nodes for links that are not listed', () => {
    expect(formatMermaid(graph)).toEqual([
      'graph LR',
      '  n0["same<br/>github/oidc"]',
      '  n1["same<br/>aws/assume-role"]',
      '  n2["prod<br/>aws/assume-role"]',
      '  n3["lost"]',
      '  n4["apart<br/>aws/assume-role"]',
      '  n5["gone<br/>missing identity"]',
      '  n6["filtered"]',
      '  n0 --> n1',
      '  n1 --> n2',
      '  n5 --> n3',
      '  n6 --> n4',
      '  classDef provider fill:#dbeafe,stroke:#1d4ed8,color:#111',
      '  classDef identity fill:#dcfce7,stroke:#15803d,color:#111',
      '  classDef missing fill:#fee2e2,stroke:#b91c1c,color:#111,stroke-dasharray:4 2',
      '  classDef chosen stroke-width:3px',
      '  class n0 provider',
      '  class n1,n2,n3,n4,n6 identity',
      '  class n5 missing',
      '  class n2 chosen',
    ]);
  });

  test.each(hostile)('writes only harmless characters and codes for %j', (name) => {
    const [, line = ''] = formatMermaid({ providers: [], identities: [identity(name)] });
    const [, label = ''] = /^ {2}n0\["(.*)<br\/>aws\/assume-role"\]$/.exec(line) ?? [];
    expect(label).toMatch(/^([\p{L}\p{N} ._/:@-]|#\d+;)+$/u);
    const read = label.replaceAll(/#(\d+);/g, (_, code: string) =>
      String.fromCodePoint(Number(code)),
    );
    expect(read).toBe(name.replace('\n', '\\n').replace('\u001b', '\\u001b'));
  });

  test('is fenced in Markdown', () => {
    const lines = formatMarkdown(graph);
    expect(lines.slice(0, 4)).toEqual(['# Authentication', '', '```mermaid', 'graph LR']);
    expect(lines.filter((line) => line.startsWith('```'))).toEqual(['```mermaid', '```']);
  });
});

describe('graphviz', () => {
  test('has generated ids and one edge for each via', () => {
    expect(formatGraphviz(graph).slice(3)).toEqual([
      '  n0 [label="same\\ngithub/oidc"];',
      '  n1 [label="same\\naws/assume-role"];',
      '  n2 [label="prod\\naws/assume-role", fillcolor=lightgreen];',
      '  n3 [label="lost"];',
      '  n4 [label="apart\\naws/assume-role"];',
      '  n5 [label="gone\\nmissing identity", style="rounded,dashed"];',
      '  n6 [label="filtered"];',
      '  n0 -> n1;',
      '  n1 -> n2;',
      '  n5 -> n3;',
      '  n6 -> n4;',
      '}',
    ]);
  });

  test('escapes quotes, backslashes and entities', () => {
    const [line] = formatGraphviz({ providers: [], identities: [identity('a"\\N&lt;\n')] }).slice(
      3,
    );
    expect(line).toBe('  n0 [label="a\\"\\\\N&amp;lt;\\\\n\\naws/assume-role"];');
  });
});

const dot = peer('graphviz');

describe.skipIf(!dot)('dot of Graphviz', () => {
  test.each(hostile)('reads %j as one label', (name) => {
    const text = formatGraphviz({ providers: [], identities: [identity(name)] }).join('\n');
    const { status, stdout, stderr } = spawnSync(dot?.path ?? '', ['-Tplain'], {
      input: text,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.startsWith('node '))).toHaveLength(1);
  });
});
