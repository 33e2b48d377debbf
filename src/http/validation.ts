import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Words } from '../machines/meta.ts';
import { personalDataIn } from './personal-data.ts';
import { type FieldError, Problem } from './problem.ts';

const PARTS = { body: 'body', params: 'path', querystring: 'query', headers: 'header' } as const;
const MAX_POINTER_LENGTH = 120;

/**
 * Compiles a request schema into a check that changes nothing but this: in a query, whole numbers arrive as text and
 * are read as numbers where the schema wants them. No other coercion, no defaults, no dropped fields. Text that the schema
 * says is kept for ever is refused with personal data in it.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  const part = PARTS[httpPart as keyof typeof PARTS] ?? 'body';
  const kept = keptTexts(schema);
  return (value: unknown) => {
    const given = part === 'query' ? withNumbers(schema, value as Record<string, unknown>) : value;
    if (check.Check(given)) {
      const errors = kept.flatMap((path) => personalErrors(given, path, part));
      return errors.length === 0 ? { value: given } : { error: new Problem('VALIDATION_FAILED', { errors }) };
    }
    return { error: new Problem('VALIDATION_FAILED', { errors: toFieldErrors(check.Errors(given), schema, part) }) };
  };
};

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly 'x-zh'?: string;
  readonly 'x-impersonal'?: true;
  readonly properties?: Readonly<Record<string, Node>>;
}

interface ValidationError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

function withNumbers(schema: Node, query: Record<string, unknown>): Record<string, unknown> {
  const read = { ...query };
  for (const [key, { type }] of Object.entries(schema.properties ?? {})) {
    const text = read[key];
    if (type === 'integer' && typeof text === 'string' && /^(?:0|[1-9][0-9]{0,15})$/.test(text))
      read[key] = Number(text);
  }
  return read;
}

/** Paths of the fields that must be without personal data. */
function keptTexts({ properties = {} }: Node): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, node]) => [
    ...(node['x-impersonal'] === true ? [[name]] : []),
    ...keptTexts(node).map((path) => [name, ...path]),
  ]);
}

function personalErrors(given: unknown, path: readonly string[], part: FieldError['in']): readonly FieldError[] {
  let value = given;
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  if (typeof value !== 'string') return [];
  return personalDataIn(value).map(({ words, masked }) => ({
    in: part,
    pointer: `/${path.join('/')}`,
    detail: {
      zh: `“${masked}”像是${words.zh}，请删去或只留后四位：文字会长期保存，人人可见`,
      en: `"${masked}" looks like ${words.en}: leave it out, or its last four; this text is kept for ever and all of the staff read it`,
    },
  }));
}

/** One error per place, the first found there, in words that say what to send. TypeBox itself stops after a few. */
function toFieldErrors(
  errors: readonly ValidationError[],
  schema: Node,
  part: FieldError['in'],
): readonly FieldError[] {
  const found = new Map<string, Words>();
  for (const error of errors) {
    for (const [pointer, detail] of placesOf(error, schema)) {
      const shown = pointer.slice(0, MAX_POINTER_LENGTH);
      if (!found.has(shown)) found.set(shown, detail);
    }
  }
  return [...found].map(([pointer, detail]) => ({ in: part, pointer, detail }));
}

function placesOf(error: ValidationError, schema: Node): readonly (readonly [string, Words])[] {
  const { keyword, instancePath, params } = error;
  if (keyword === 'required') {
    const { requiredProperties } = params as { requiredProperties: readonly string[] };
    return requiredProperties.map((name) => {
      const pointer = `${instancePath}/${name}`;
      const expected = expectedAt(schema, pointer, error);
      return [pointer, { zh: `缺少；应为${expected.zh}`, en: `is missing; send ${expected.en}` }];
    });
  }
  // Reported once more for each unknown field by itself, with its own pointer.
  if (keyword === 'additionalProperties') return [];
  if (error.schemaPath.endsWith('/additionalProperties')) {
    return [[instancePath, { zh: '未知字段，请删除', en: 'is not known here; leave it out' }]];
  }
  const expected = expectedAt(schema, instancePath, error);
  return [[instancePath, { zh: `应为${expected.zh}`, en: `send ${expected.en}` }]];
}

function expectedAt(schema: Node, pointer: string, error: ValidationError): Words {
  let node: Node | undefined = schema;
  for (const name of pointer.split('/').slice(1)) {
    const properties: Readonly<Record<string, Node>> = node?.properties ?? {};
    node = Object.hasOwn(properties, name) ? properties[name] : undefined;
  }
  const en = node?.description;
  const zh = node?.['x-zh'];
  if (en !== undefined && zh !== undefined) return { en, zh };
  return { en: `a value that ${error.message}`, zh: '接口文档中描述的 JSON 对象' };
}
