/** The interface's own description, as a page shows it: operations by area, shapes as lists of fields. Pure. */

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  enum?: readonly (string | number)[];
  const?: string | number;
  items?: Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  default?: unknown;
}
interface Media {
  schema?: Schema;
}
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}
interface RawOperation {
  tags?: readonly string[];
  description?: string;
  parameters?: readonly Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}
export interface Description {
  info: { title: string; version: string };
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Field {
  name: string;
  type: string;
  required: boolean;
  words: string;
}
export interface Operation {
  key: string;
  tag: string;
  method: string;
  path: string;
  words: string;
  parameters: Field[];
  body: Field[];
  answer: string;
  answerFields: Field[];
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** What a schema is called in one line: `string`, `uuid | null`, `Incident[]`. */
export function typeOf(schema: Schema | undefined): string {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").at(-1) ?? "any";
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map(typeOf).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.type === "array") {
    const inside = typeOf(schema.items);
    return inside.includes(" | ") ? `(${inside})[]` : `${inside}[]`;
  }
  return schema.format ?? schema.type ?? "any";
}

/** The fields of a shape; an array's are those of what is in it. */
export function fieldsOf(schema: Schema | undefined, known: Record<string, Schema>, depth = 0): Field[] {
  if (!schema || depth > 4) return [];
  if (schema.$ref) return fieldsOf(known[schema.$ref.split("/").at(-1) ?? ""], known, depth + 1);
  if (schema.type === "array") return fieldsOf(schema.items, known, depth + 1);
  const needed = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, one]) => ({ name, type: enumsOf(one, known), required: needed.has(name), words: one.description ?? "" }));
}

function enumsOf(schema: Schema, known: Record<string, Schema>): string {
  const named = schema.$ref ? known[schema.$ref.split("/").at(-1) ?? ""] : undefined;
  return named?.enum ? typeOf(named) : typeOf(schema);
}

const jsonOf = (content: Record<string, Media> | undefined) => content?.["application/json"]?.schema;

export function operationsOf(description: Description): Operation[] {
  const known = description.components?.schemas ?? {};
  const found: Operation[] = [];
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const method of METHODS) {
      const raw = methods[method];
      if (!raw) continue;
      const [code, right] = Object.entries(raw.responses).find(([one]) => one.startsWith("2")) ?? ["", undefined];
      const other = Object.keys(right?.content ?? {}).find((type) => type !== "application/json");
      const schema = jsonOf(right?.content);
      const bodyType = Object.keys(raw.requestBody?.content ?? {})[0] ?? "";
      found.push({
        key: `${method} ${path}`,
        tag: raw.tags?.[0] ?? "",
        method: method.toUpperCase(),
        path,
        words: raw.description ?? "",
        parameters: (raw.parameters ?? []).map((one) => ({ name: one.name, type: enumsOf(one.schema ?? {}, known), required: one.required ?? false, words: one.description ?? (one.in === "path" ? "" : one.in) })),
        body: fieldsOf(raw.requestBody?.content[bodyType]?.schema, known),
        answer: `${code} ${schema ? typeOf(schema) : (other ?? "")}`.trim(),
        answerFields: fieldsOf(schema, known),
      });
    }
  }
  return found;
}

/** Those in whose path, description or area every word occurs. */
export function matching(operations: readonly Operation[], words: string): Operation[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter((one) => {
    const text = `${one.method} ${one.path} ${one.tag} ${one.words}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export function byTag(operations: readonly Operation[]): [string, Operation[]][] {
  const groups = new Map<string, Operation[]>();
  for (const one of operations) groups.set(one.tag, [...(groups.get(one.tag) ?? []), one]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}
