import { toJsonSchema } from '@valibot/to-json-schema';

/** @typedef {import('./load-sources.mjs').Sources} Sources */
/** @typedef {import('../../src/core/validate.ts').About} About */
/** @typedef {import('../../src/core/validate.ts').GenericSchema} Schema */

/**
 * With keywords that only editors know: `errorMessage`, `patternErrorMessage`.
 *
 * @typedef {Record<string, any>} JsonSchema
 */

// An editor does not know tags: it treats `!env NAME` as the text NAME. So text is accepted for any
// value where it may follow a tag: a variable, a path, a command, or nothing. A wrong value (`yes`,
// `fil`) is not accepted.
const tagged = '^$|^/|[A-Z_.\\s]';

/**
 * The schema for atmos.yaml in editors, generated from the schemas that check it at run time. Empty
 * values are allowed, since they set nothing.
 *
 * @param {Sources} sources
 */
export async function createJsonSchema(sources) {
  const { settingsSchema, keyringTypes, logLevels } = sources;
  const { identityKinds, otherIdentityKinds, providerKinds, otherProviderKinds } = sources;
  const schema = convert(settingsSchema, sources);
  const at = (/** @type {string} */ path) => subschema(schema, path.split('.'));
  for (const { path } of sources.closedMaps(sources.specSchema))
    at(path.join('.')).additionalProperties = false;
  choose(at('auth.keyring.type'), keyringTypes);
  choose(at('auth.keyring.fallback.*'), keyringTypes);
  choose(at('auth.identities.*.kind'), [...identityKinds, ...otherIdentityKinds]);
  choose(at('auth.providers.*.kind'), [...providerKinds, ...otherProviderKinds]);
  for (const path of ['logs.level', 'auth.logs.level']) choose(at(path), logLevels, anyCase);
  for (const path of ['auth.identities', 'auth.providers']) at(path).propertyNames = nameSchema;
  at('auth.identities.*').allOf = await Promise.all(
    identityKinds.map((kind) => ofKind(kind, sources)),
  );
  at('auth.providers.*').allOf = await Promise.all(
    providerKinds.map((kind) => ofProviderKind(kind, sources)),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    description: 'atmos.yaml: what atmos-auth reads of it. Other keys are left to Atmos.',
    type: ['object', 'null'],
    properties: schema.properties,
  };
}

/** Names with other endings belong to sessions and tokens in the keyring. */
const nameSchema = {
  pattern: '^(?!.*@([Ss][Ee][Ss][Ss][Ii][Oo][Nn]|[Tt][Oo][Kk][Ee][Nn])$).*\\S',
  patternErrorMessage: 'A name is not empty, and does not end in @session or @token.',
};

/**
 * @param {string} kind
 * @param {Sources} sources
 */
async function ofKind(kind, sources) {
  const { schemas } = await sources.kindOf({ name: kind, kind, locate: () => '' });
  const parts = Object.entries(schemas).map(([part, schema]) => [
    part,
    { ...convert(schema, sources), additionalProperties: false, $schema: undefined },
  ]);
  return ifKind(kind, Object.fromEntries(parts));
}

/**
 * @param {string} kind
 * @param {Sources} sources
 */
async function ofProviderKind(kind, sources) {
  const { schema } = await sources.providerKindOf({
    name: kind,
    kind,
    locate: () => '',
    tagAt: () => undefined,
  });
  const settings = Object.entries(convert(schema, sources).properties).map(([key, setting]) => [
    key,
    setting.properties ? { ...setting, additionalProperties: false } : setting,
  ]);
  return ifKind(kind, Object.fromEntries(settings));
}

/**
 * @param {string} kind
 * @param {Record<string, JsonSchema>} properties
 */
function ifKind(kind, properties) {
  return {
    if: { properties: { kind: { const: kind } }, required: ['kind'] },
    // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
    then: { properties },
  };
}

/**
 * @param {Schema} schema
 * @param {Sources} sources
 * @returns {JsonSchema}
 */
function convert(schema, { flag, scalar, textOrCount, textOrTexts }) {
  /** @type {Map<unknown, JsonSchema>} */
  const named = new Map();
  named.set(flag.pipe[0], loosened({ type: 'boolean' }));
  named.set(scalar, typed('string', 'number', 'boolean'));
  named.set(textOrCount, typed('string', 'integer'));
  named.set(textOrTexts, { ...typed('string', 'array'), items: { type: 'string' } });
  return toJsonSchema(schema, {
    typeMode: 'output',
    // A flag in text form is converted to a boolean.
    ignoreActions: ['transform'],
    overrideSchema({ valibotSchema, jsonSchema, errors }) {
      const known = named.get(valibotSchema);
      if (errors && !known) throw new Error(errors.join(', '));
      return known ?? loosened(jsonSchema);
    },
    overrideAction({ valibotAction, jsonSchema }) {
      if (!('metadata' in valibotAction)) return jsonSchema;
      // The conversion has inlined all of it.
      const rest = without(jsonSchema, ...words);
      return { ...rest, ...told(/** @type {About} */ (valibotAction.metadata)) };
    },
  });
}

/**
 * @param {JsonSchema} schema
 * @param {readonly string[]} keys
 * @returns {JsonSchema}
 */
function without(schema, ...keys) {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

/** @param {readonly string[]} types */
const typed = (...types) => ({ type: [...types, 'null'] });

/** What only we know of a key. @see About */
const words = ['environment', 'isCommand', 'isForAtmos', 'isPath', 'namesSecret', 'otherwise'];

/** The name of each type in messages. */
/** @type {Record<string, string>} */
const names = { boolean: 'true or false', object: 'a map', array: 'a list', string: 'text' };

/**
 * @param {JsonSchema} schema
 * @returns {JsonSchema}
 */
function loosened(schema) {
  const { type, required = [] } = schema;
  if (typeof type !== 'string') return schema;
  const rest = without(schema, 'type', 'required', 'propertyNames');
  const errorMessage = `This must be ${names[type] ?? type}.`;
  if (type === 'string') return { ...typed('string'), errorMessage, ...rest };
  return {
    ...typed(type, 'string'),
    pattern: tagged,
    patternErrorMessage: errorMessage,
    // For a map it would hide which key is wrong.
    ...(type === 'object' ? {} : { errorMessage }),
    ...(required.length > 0 ? { required } : {}),
    ...rest,
  };
}

/** @param {About} about */
function told({ description, environment, otherwise, default: value }) {
  const sentences = [
    description,
    ...(environment === undefined ? [] : [`The variable \`${environment}\` wins over it.`]),
    ...(otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
  ];
  return {
    description: sentences.join(' '),
    ...(value === undefined ? {} : { default: value }),
  };
}

/**
 * The schema at a path of atmos.yaml, `*` for a name or an item.
 *
 * @param {JsonSchema} schema
 * @param {readonly string[]} path
 * @returns {JsonSchema}
 */
function subschema(schema, [key, ...rest]) {
  if (key === undefined) return schema;
  const next =
    key === '*' ? (schema.additionalProperties ?? schema.items) : schema.properties?.[key];
  if (typeof next !== 'object') throw new Error(`the schema has no ${key}`);
  return subschema(next, rest);
}

/**
 * Only text that is one of the choices, or that may follow a tag.
 *
 * @param {JsonSchema} schema
 * @param {readonly string[]} choices
 * @param {(choice: string) => string} [formOf] the pattern of one choice
 */
function choose(schema, choices, formOf) {
  const forms = formOf ? [`^(${choices.map(formOf).join('|')})$`] : [];
  schema.anyOf = [
    { enum: [...choices] },
    { type: 'string', pattern: [...forms, tagged].join('|') },
    { type: 'null' },
  ];
  delete schema.type;
  delete schema.errorMessage;
}

/** @param {string} word */
function anyCase(word) {
  return word.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
}
