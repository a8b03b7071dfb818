import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { UsageError } from '../errors.js';

/** The parts of a zod schema that flags are made from. */
interface Field {
  readonly kind: string;
  /** Of a list: whether its items are numbers. */
  readonly numbers: boolean;
  readonly description: string;
  readonly placeholder: string;
  readonly defaultValue: unknown;
  readonly choices: readonly string[];
}

/**
 * Adds one flag a field of the schema: `maxNewTokens` becomes `--max-new-tokens N`. Help texts, choices and defaults are
 * the schema's own, so that each is stated once. A boolean that defaults to true becomes `--no-…`.
 */
export function addSchemaOptions(command: Command, schema: z.ZodObject): Command {
  for (const [key, type] of Object.entries(schema.shape)) {
    command.addOption(flag(key, fieldOf(type as z.ZodType)));
  }
  return command;
}

/**
 * The settings of one call: defaults, overruled by the configuration file, overruled by flags that were given; frozen.
 * Unknown keys and values that do not fit are usage errors.
 */
export function resolveOptions<S extends z.ZodObject>(
  command: Command,
  schema: S,
  file: Readonly<Record<string, unknown>> = {},
): Readonly<z.output<S>> {
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(command.opts())) {
    if (key in schema.shape && command.getOptionValueSource(key) === 'cli') given[key] = value;
  }
  const result = schema.safeParse({ ...file, ...given });
  if (!result.success) {
    const issue = result.error.issues[0]!;
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(schema.shape).join(', ');
      throw new UsageError(
        `the configuration file has an unknown setting "${issue.keys[0]}"; settings are: ${known}`,
      );
    }
    throw new UsageError(`--${kebab(String(issue.path[0]))}: ${issue.message}`);
  }
  return Object.freeze(result.data);
}

function flag(key: string, field: Field): Option {
  const name = kebab(key);
  if (field.kind === 'boolean') {
    const form = field.defaultValue === true ? `--no-${name}` : `--${name}`;
    return new Option(form, field.description);
  }
  const list = field.kind === 'array';
  const option = new Option(`--${name} <${field.placeholder}>`, described(field));
  if (field.choices.length > 0) option.choices([...field.choices]);
  // Lists are given with commas, by repeating the flag, or both.
  if (list) {
    option.argParser((text: string, earlier: unknown) => [
      ...(Array.isArray(earlier) ? earlier : []),
      ...text.split(',').map(item => (field.numbers ? Number(item) : item)),
    ]);
  } else if (field.kind === 'number') option.argParser(Number);
  return option;
}

function described({ description, defaultValue }: Field): string {
  if (defaultValue === undefined || defaultValue === null) return description;
  const shown = Array.isArray(defaultValue) ? defaultValue.join(',') : String(defaultValue);
  return `${description} (default: ${shown})`;
}

function fieldOf(type: z.ZodType): Field {
  const meta = (type.meta() ?? {}) as { description?: string; placeholder?: string };
  let defaultValue: unknown;
  let inner = type;
  for (;;) {
    const def = inner.def as { type: string; innerType?: z.ZodType; defaultValue?: unknown };
    if (def.type === 'default') defaultValue = def.defaultValue;
    if (!def.innerType) break;
    inner = def.innerType;
  }
  const kind = inner.def.type;
  const choices = kind === 'enum' ? (inner as z.ZodEnum).options.map(String) : [];
  return {
    kind,
    numbers: kind === 'array' && (inner as z.ZodArray<z.ZodType>).element.def.type === 'number',
    description: meta.description ?? '',
    placeholder: meta.placeholder ?? (kind === 'number' ? 'N' : kind === 'array' ? 'LIST' : 'TEXT'),
    defaultValue,
    choices,
  };
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
