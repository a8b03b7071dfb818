import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { UsageError } from '../errors.js';
import { groups } from '../harness/options.js';
import { didYouMean } from '../nearest.js';
import { type Field, fieldOf, fitted, takes } from './fields.js';
import { kebab, ownName } from './spellings.js';

/**
 * Adds one flag a field of the schema: `maxNewTokens` becomes `--max-new-tokens N`. Help texts, choices and defaults are
 * the schema's own, so that each is stated once. A boolean that defaults to true becomes `--no-…`. A command's own settings come
 * first in its help, then those of each group.
 */
export function addSchemaOptions(command: Command, schema: z.ZodObject): Command {
  const fields = Object.entries(schema.shape).map(
    ([key, type]) => [key, fieldOf(type as z.ZodType)] as const,
  );
  const place = ({ group }: Field) =>
    group === undefined ? -1 : Object.values<string>(groups).indexOf(group);
  const ordered = fields.toSorted(([, a], [, b]) => place(a) - place(b));
  for (const [key, field] of ordered)
    command.addOption(flag(key, field).helpGroup(field.group ?? 'Its own settings:'));
  return command;
}

/**
 * The settings of one call: defaults, overruled by the configuration file, overruled by flags that were given; frozen. The file
 * takes what the command line takes. Unknown keys and values that do not fit are usage errors.
 */
export function resolveOptions<S extends z.ZodObject>(
  command: Command,
  schema: S,
  file: Readonly<Record<string, unknown>> = {},
): Readonly<z.output<S>> {
  const fields = Object.fromEntries(
    Object.entries(schema.shape).map(([key, type]) => [key, fieldOf(type as z.ZodType)]),
  );
  const inFile = settingsIn(file, fields, command);
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(command.opts()))
    if (Object.hasOwn(fields, key) && command.getOptionValueSource(key) === 'cli') given[key] = value;
  const values = Object.entries({ ...inFile, ...given }).map(([key, v]) => [key, fitted(fields[key]!, v)]);
  const result = schema.safeParse(Object.fromEntries(values));
  if (result.success) return Object.freeze(result.data);
  const { path, message, code } = result.error.issues[0]!;
  const key = String(path[0] ?? '');
  const field = fields[key];
  const found = key in given ? given[key] : inFile[key];
  const onLine = key in given || command.args.includes(String(found));
  const where = onLine ? '' : ' (in the configuration file)';
  const own = code === 'custom' || !field;
  throw new UsageError(
    `--${kebab(key)}${own ? `: ${message}` : ` takes ${takes(field)}, not ${shown(found)}`}${where}`,
  );
}

/** The file's settings by the schema's keys, in whatever spelling; flags that every command has are set on the command. */
function settingsIn(
  file: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Field>>,
  command: Command,
): Record<string, unknown> {
  const keys = new Map(Object.keys(fields).map(key => [kebab(key), key]));
  const flags = new Set([...keys.keys(), 'json', 'quiet']);
  const settings: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(file)) {
    const negated = kebab(given).replace(/^no-/, '');
    const turned = kebab(given).startsWith('no-') && !flags.has(kebab(given)) && flags.has(negated);
    const name = turned ? negated : ownName(given, flags);
    if (name === undefined) {
      const known = Object.keys(fields).join(', ');
      throw new UsageError(
        `the configuration file has an unknown setting "${given}"${didYouMean(given, Object.keys(fields))}; settings are: ${known}`,
      );
    }
    const key = keys.get(name);
    if (key === undefined) command.setOptionValueWithSource(name, value, 'config');
    else settings[key] = turned ? !value : value;
  }
  return settings;
}

function flag(key: string, field: Field): Option {
  const name = kebab(key);
  if (field.kind === 'boolean') {
    const form = field.defaultValue === true ? `--no-${name}` : `--${name}`;
    return new Option(form, field.description);
  }
  const option = new Option(`--${name} <${field.placeholder}>`, described(field));
  if (field.choices.length > 0) option.choices([...field.choices]);
  // Lists are given with commas, by repeating the flag, or both; what does not fit is told by resolveOptions.
  option.argParser((text: string, earlier: unknown) =>
    field.list ? [...(Array.isArray(earlier) ? earlier : []), ...text.split(',')] : text,
  );
  return option;
}

function described({ description, defaultValue }: Field): string {
  if (defaultValue === undefined || defaultValue === null) return description;
  return `${description} (default: ${Array.isArray(defaultValue) ? defaultValue.join(',') : defaultValue})`;
}

/** A value as people wrote it. */
function shown(value: unknown): string {
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return `'${value.join(',')}'`;
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}
