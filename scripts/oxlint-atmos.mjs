// The never-rules that oxlint has no rule for, as a plugin of its own.

/** @param {any} node */
const isNewDateNow = (node) =>
  node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0;

/** `host.stdout`, or `stdout` taken out of it. @param {any} node */
const isOutput = (node) => {
  const name = node.type === 'MemberExpression' ? node.property.name : node.name;
  return name === 'stdout' || name === 'stderr';
};

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
  },
};

export default plugin;
