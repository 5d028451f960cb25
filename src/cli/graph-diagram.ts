import type { AuthGraph, ListedIdentity, ListedProvider } from '../app/auth-graph.ts';
import { printable } from '../core/printable.ts';

// Ids are generated, because names may contain any character. Only labels contain names.

interface Node {
  readonly id: string;
  readonly class: 'provider' | 'identity' | 'missing';
  readonly isDefault: boolean;
  /** A label has one or two lines. */
  readonly label: readonly string[];
}

interface Diagram {
  readonly nodes: readonly Node[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** Links that are not listed, and links that do not exist, are nodes of their own. */
function diagramOf({ providers, identities }: AuthGraph): Diagram {
  const nodes = new Map<string, Node>();
  const keyOf = (type: string, name: string) => `${type} ${name}`;
  const addListed = (one: ListedProvider | ListedIdentity) => {
    const { type, name, kind, isDefault } = one;
    const label = kind === '' ? [name] : [name, kind];
    nodes.set(keyOf(type, name), { id: `n${nodes.size}`, class: type, isDefault, label });
  };
  [...providers, ...identities].forEach(addListed);
  const baseOf = ({ type, name, isMissing }: NonNullable<ListedIdentity['via']>) => {
    const key = keyOf(type, name);
    const known = nodes.get(key);
    if (known !== undefined) return known.id;
    const id = `n${nodes.size}`;
    const label = isMissing ? [name, `missing ${type}`] : [name];
    nodes.set(key, { id, class: isMissing ? 'missing' : type, isDefault: false, label });
    return id;
  };
  const edges = identities.flatMap(({ name, via }) => {
    const to = nodes.get(keyOf('identity', name))?.id;
    return via === undefined || to === undefined ? [] : [[baseOf(via), to] as const];
  });
  return { nodes: [...nodes.values()], edges };
}

/** A flowchart of mermaid, from left to right. */
export function formatMermaid(graph: AuthGraph): string[] {
  const { nodes, edges } = diagramOf(graph);
  const classLines = (name: string, members: readonly Node[]) =>
    members.length === 0 ? [] : [`  class ${members.map(({ id }) => id).join(',')} ${name}`];
  return [
    'graph LR',
    ...nodes.map(({ id, label }) => `  ${id}["${label.map(mermaidText).join('<br/>')}"]`),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`),
    '  classDef provider fill:#dbeafe,stroke:#1d4ed8,color:#111',
    '  classDef identity fill:#dcfce7,stroke:#15803d,color:#111',
    '  classDef missing fill:#fee2e2,stroke:#b91c1c,color:#111,stroke-dasharray:4 2',
    '  classDef chosen stroke-width:3px',
    ...(['provider', 'identity', 'missing'] as const).flatMap((one) =>
      classLines(
        one,
        nodes.filter((node) => node.class === one),
      ),
    ),
    ...classLines(
      'chosen',
      nodes.filter(({ isDefault }) => isDefault),
    ),
  ];
}

/** Letters, digits and harmless punctuation. Mermaid decodes `#34;` as the character 34. */
function mermaidText(text: string): string {
  return Array.from(printable(text), (char) =>
    /[\p{L}\p{N} ._/:@-]/u.test(char) ? char : `#${char.codePointAt(0)};`,
  ).join('');
}

/** A directed graph in the language DOT of Graphviz. */
export function formatGraphviz(graph: AuthGraph): string[] {
  const { nodes, edges } = diagramOf(graph);
  return [
    'digraph AuthConfig {',
    '  rankdir=LR;',
    '  node [shape=box, style="rounded,filled", fillcolor=white];',
    ...nodes.map(
      (node) => `  ${node.id} [label="${node.label.map(dotText).join('\\n')}"${dotStyle(node)}];`,
    ),
    ...edges.map(([from, to]) => `  ${from} -> ${to};`),
    '}',
  ];
}

function dotStyle({ class: of, isDefault }: Node): string {
  if (of === 'missing') return ', style="rounded,dashed"';
  if (!isDefault) return '';
  return `, fillcolor=${of === 'provider' ? 'lightblue' : 'lightgreen'}`;
}

/** Graphviz decodes entities of HTML in labels, and `\\N` as the name of the node. */
function dotText(text: string): string {
  return printable(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;');
}

/** A page with the diagram, which GitHub and GitLab draw. */
export function formatMarkdown(graph: AuthGraph): string[] {
  return ['# Authentication', '', '```mermaid', ...formatMermaid(graph), '```'];
}
