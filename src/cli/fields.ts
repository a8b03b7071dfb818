import type { z } from 'zod';

/** The parts of a zod schema that flags, help and errors are made from. */
export interface Field {
  readonly kind: 'boolean' | 'number' | 'text' | 'choice';
  /** Whether it is a list of these. */
  readonly list: boolean;
  readonly description: string;
  readonly placeholder: string;
  /** Heading of the help that it stands under: `Meta.group`. */
  readonly group: string | undefined;
  readonly defaultValue: unknown;
  readonly choices: readonly string[];
  /** Of numbers. */
  readonly whole: boolean;
  readonly from: number | undefined;
  readonly above: number | undefined;
  readonly to: number | undefined;
}

/** What `.meta()` says of a field. */
interface Meta {
  readonly description?: string;
  readonly placeholder?: string;
  readonly group?: string;
}

/** Reads a field of a schema; `.meta()` counts from outside inwards, so that a new default keeps the description. */
export function fieldOf(type: z.ZodType): Field {
  let meta: Meta = {};
  let defaultValue: unknown;
  let inner = type;
  let list = false;
  for (;;) {
    meta = { ...(inner.meta() as Meta | undefined), ...meta };
    const { type: kind, ...def } = inner.def as { type: string; [part: string]: unknown };
    if (kind === 'default' && defaultValue === undefined) defaultValue = def.defaultValue;
    if (kind === 'array') list = true;
    const next = def.innerType ?? def.element;
    if (!next) break;
    inner = next as z.ZodType;
  }
  const kind = KINDS[inner.def.type] ?? 'text';
  const number = inner.def.type === 'number' ? boundsOf(inner as z.ZodNumber) : {};
  return {
    kind,
    list,
    description: meta.description ?? '',
    placeholder: meta.placeholder ?? (list ? 'LIST' : PLACEHOLDERS[kind]),
    group: meta.group,
    defaultValue,
    choices: kind === 'choice' ? (inner as z.ZodEnum).options.map(String) : [],
    whole: false,
    from: undefined,
    above: undefined,
    to: undefined,
    ...number,
  };
}

const PLACEHOLDERS = { boolean: '', number: 'N', text: 'TEXT', choice: 'NAME' };

const KINDS: Readonly<Record<string, Field['kind']>> = {
  boolean: 'boolean',
  number: 'number',
  enum: 'choice',
};

/** A check of zod's that bounds a number. */
interface Bound {
  readonly check: string;
  readonly value: number;
  readonly inclusive: boolean;
}

function boundsOf(type: z.ZodNumber): Partial<Pick<Field, 'whole' | 'from' | 'above' | 'to'>> {
  const whole = type.isInt;
  const bounds = (type.def.checks ?? []).map(({ _zod }) => _zod.def as unknown as Bound);
  const low = bounds.find(({ check }) => check === 'greater_than');
  const high = bounds.find(({ check }) => check === 'less_than');
  // Above 0 is from 1 where numbers are whole.
  const from = low && (low.inclusive ? low.value : whole ? low.value + 1 : undefined);
  return { whole, from, above: from === undefined ? low?.value : undefined, to: high?.value };
}

/** What a field takes, in words: "a whole number from 1". */
export function takes({ kind, list, choices, whole, from, above, to }: Field): string {
  if (list && kind === 'choice') return `a list, by commas, of ${choices.join(', ')}`;
  if (kind === 'choice') return `one of ${choices.join(', ')}`;
  if (kind === 'boolean') return 'true or false';
  if (kind === 'text') return list ? 'a list of names, by commas' : 'a text';
  const bounds = [
    from !== undefined && `from ${from}`,
    above !== undefined && `above ${above}`,
    to !== undefined && `to ${to}`,
  ].filter(Boolean);
  const noun = whole ? 'whole number' : 'number';
  return [list ? `a list, by commas, of ${noun}s` : `a ${noun}`, ...bounds].join(' ');
}

/**
 * A value that was given, as text from the command line or as JSON from a file, as the field's schema takes it: a single value for
 * a list, a number as text. What does not fit stays.
 */
export function fitted(field: Field, given: unknown): unknown {
  if (!field.list) return single(field, given);
  const items = typeof given === 'string' ? given.split(',') : Array.isArray(given) ? given : [given];
  return items.map(item => single(field, item));
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function single({ kind }: Field, given: unknown): unknown {
  if (typeof given !== 'string') return kind === 'text' && typeof given === 'number' ? String(given) : given;
  if (kind === 'number' && NUMBER.test(given.trim())) return Number(given);
  if (kind === 'boolean' && /^(true|false)$/.test(given)) return given === 'true';
  return given;
}
