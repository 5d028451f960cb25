// The never-rules that oxlint does not have, as a plugin.

/** @param {any} node */
const isNewDateNow = (node) =>
  node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0;

/** `host.stdout`, or `stdout` destructured from it. @param {any} node */
const isOutput = (node) => {
  const name = node.type === 'MemberExpression' ? node.property.name : node.name;
  return name === 'stdout' || name === 'stderr';
};

/**
 * A rule against reading, writing or destructuring a property of one of these names.
 *
 * @param {readonly string[]} names
 * @param {string} message
 * @param {(node: any) => boolean} [isAllowed] for nodes that read a property
 */
const noProperties = (names, message, isAllowed = () => false) => ({
  meta: { type: 'problem' },
  /** @param {any} context */
  create: (context) => {
    /** @param {any} node */
    const check = (node) => {
      if (names.includes(node.name ?? node.value)) context.report({ node, message });
    };
    return {
      /** @param {any} node */
      MemberExpression: (node) => !node.computed && !isAllowed(node) && check(node.property),
      /** @param {any} node */
      Property: (node) => !node.computed && node.parent.type === 'ObjectPattern' && check(node.key),
    };
  },
});

/** `entryName(key, host.platform)`, not `host.platform === 'win32'`. @param {any} node */
const isArgument = (node) =>
  node.parent.type === 'CallExpression' &&
  node.parent.callee.type === 'Identifier' &&
  node.parent.arguments.includes(node);

/**
 * The possible values of an expression: the branches of a conditional, the elements of an array.
 *
 * @param {any} node
 * @returns {any[]}
 */
const partsOf = (node) => {
  switch (node?.type) {
    case 'ArrayExpression':
      return node.elements.flatMap(partsOf);
    case 'SpreadElement':
      return partsOf(node.argument);
    case 'ConditionalExpression':
      return [node.consequent, node.alternate].flatMap(partsOf);
    case 'LogicalExpression':
      return [node.left, node.right].flatMap(partsOf);
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return partsOf(node.expression);
    default:
      return node ? [node] : [];
  }
};

/** @param {any} node */
const isText = (node) =>
  node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');

const plugin = {
  meta: { name: 'atmos' },
  rules: {
    'no-ambient-clock': {
      meta: { type: 'problem' },
      /** @param {any} context */
      create: (context) => ({
        /** @param {any} node */
        NewExpression(node) {
          if (isNewDateNow(node))
            context.report({ node, message: 'the time comes from host.now()' });
        },
      }),
    },
    'one-printer': {
      meta: { type: 'problem' },
      /** @param {any} context */
      create: (context) => ({
        /** @param {any} node */
        MemberExpression(node) {
          if (node.property.name === 'write' && isOutput(node.object))
            context.report({ node, message: 'what is shown goes through src/cli/printer.ts' });
        },
      }),
    },
    'no-classes': {
      meta: { type: 'suggestion' },
      /** @param {any} context */
      create: (context) => {
        /** @param {any} node */
        const check = (node) => {
          if (node.superClass?.name?.endsWith('Error')) return;
          context.report({
            node,
            message: 'only errors are classes: return an object from a factory',
          });
        };
        return { ClassDeclaration: check, ClassExpression: check };
      },
    },
    'hints-are-values': {
      meta: { type: 'problem' },
      /** @param {any} context */
      create: (context) => ({
        /** @param {any} property */
        Property({ computed, key, value, parent }) {
          const isHint = ['hints', 'hint', 'instead'].includes(key.name ?? key.value);
          if (computed || !isHint || parent.type !== 'ObjectExpression') return;
          for (const node of partsOf(value).filter(isText))
            context.report({ node, message: 'a hint is made by a function of src/core/hint.ts' });
        },
      }),
    },
    'no-cloud-fields': noProperties(
      ['accessKeyId', 'secretAccessKey', 'sessionToken', 'mfaArn'],
      'fields of the credentials of a cloud are its own',
    ),
    'no-platform': noProperties(
      ['platform'],
      'the platform is asked in host/ and keyring/system/, or is an argument',
      isArgument,
    ),
  },
};

export default plugin;
