import { join } from 'node:path';
import { z } from 'zod';
import { parseAs, readJsonIfPresent } from '../config/json-file.js';
import type { AddedToken } from './added-tokens.js';

const flag = z.boolean().default(false);
const tokenSchema = z.object({
  content: z.string(),
  special: flag,
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: z.boolean().optional(),
});
export const storedTokenSchema = tokenSchema.extend({ id: z.number().int().nonnegative() });

/** A token before it has an id. */
export type NewToken = Omit<AddedToken, 'id'>;

type Stored = z.infer<typeof tokenSchema>;
/** `tokenizers` takes a special token as it is and looks for others in the normalised text, unless they say otherwise. */
export const newToken = (t: Stored): NewToken => ({
  content: t.content,
  special: t.special,
  normalized: t.normalized ?? !t.special,
  singleWord: t.single_word,
  lstrip: t.lstrip,
  rstrip: t.rstrip,
});

const named = (content: string): NewToken => newToken(tokenSchema.parse({ content, special: true }));

const value = z.union([z.string(), tokenSchema]);
const NAMED = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

const keysSchema = z.looseObject({
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/), tokenSchema).nullish(),
  additional_special_tokens: z.array(value).nullish(),
  extra_special_tokens: z.union([z.array(value), z.record(z.string(), value)]).nullish(),
});

/** A token that a file beside tokenizer.json names; `ifNew`: passed over where a token has its name already. */
export interface FolderToken extends NewToken {
  readonly ifNew?: true;
}

export interface FolderTokens {
  /** Tokens that the files beside tokenizer.json name, in the order in which they are added. */
  readonly tokens: readonly FolderToken[];
  /** Contents by role: `bos_token` and so on, as chat templates know them. */
  readonly roles: Readonly<Record<string, string>>;
}

/**
 * The special tokens that a folder's files name beside tokenizer.json: `added_tokens_decoder`, roles such as `bos_token`,
 * `additional_special_tokens`, `extra_special_tokens` of tokenizer_config.json; where that has no `added_tokens_decoder`,
 * special_tokens_map.json and added_tokens.json, too. Source: `_from_pretrained` of transformers 5.24.
 * @param config tokenizer_config.json with the defaults of the tokenizer's class
 * @param own the tokens of tokenizer.json: a role that has the name of one of these has its flags
 */
export async function folderTokens(
  dir: string,
  config: Readonly<Record<string, unknown>>,
  own: readonly AddedToken[],
): Promise<FolderTokens> {
  const read = async (name: string): Promise<Record<string, unknown>> => {
    const file = join(dir, name);
    return parseAs(z.record(z.string(), z.unknown()), (await readJsonIfPresent(file)) ?? {}, file);
  };
  const stated = parseAs(keysSchema, config, join(dir, 'tokenizer_config.json'));
  const whole = Boolean(stated.added_tokens_decoder);
  const map = whole ? {} : await read('special_tokens_map.json');
  const keys = parseAs(keysSchema, { ...config, ...map }, join(dir, 'special_tokens_map.json'));
  const extra = keys.extra_special_tokens ?? keys.additional_special_tokens ?? [];
  const roleValues = rolesOf(keys, Array.isArray(extra) ? {} : extra);
  const listed = whole
    ? Object.entries(stated.added_tokens_decoder!)
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, token]) => newToken(token))
    : byPlace(fromOldFile(await read('added_tokens.json'), roleValues), own);
  const flags = new Map(listed.map(token => [token.content, token]));
  const tokenOf = (given: string | Stored): FolderToken => {
    const content = typeof given === 'string' ? given : given.content;
    const known = flags.get(content) ?? (typeof given === 'string' ? named(content) : newToken(given));
    return { ...known, special: true, ifNew: true };
  };
  return {
    tokens: [
      ...listed,
      ...Object.values(roleValues).map(tokenOf),
      ...(Array.isArray(extra) ? extra.map(tokenOf) : []),
    ],
    roles: Object.fromEntries(
      Object.entries(roleValues).map(([role, given]) => [
        role,
        typeof given === 'string' ? given : given.content,
      ]),
    ),
  };
}

/** Roles with their tokens: the usual ones first, then every other key that ends in `_token`. */
function rolesOf(
  keys: Readonly<Record<string, unknown>>,
  extra: Readonly<Record<string, string | Stored>>,
): Record<string, string | Stored> {
  const others = Object.keys(keys).filter(key => key.endsWith('_token') && !NAMED.includes(key));
  const roles: Record<string, string | Stored> = {};
  for (const key of [...NAMED, ...others]) {
    const given = value.safeParse(keys[key]);
    if (given.success) roles[key] = given.data;
  }
  return { ...roles, ...extra };
}

/** added_tokens.json: content → id. */
function fromOldFile(
  file: Readonly<Record<string, unknown>>,
  roles: Readonly<Record<string, string | Stored>>,
): AddedToken[] {
  const special = new Set(
    Object.values(roles).map(given => (typeof given === 'string' ? given : given.content)),
  );
  return Object.entries(file).map(([content, id]) => ({
    ...newToken(tokenSchema.parse({ content, special: special.has(content) })),
    id: Number(id),
  }));
}

/** Tokens in the order of their ids; of two with one id, the later list's. */
function byPlace(...lists: (readonly AddedToken[])[]): NewToken[] {
  const places = new Map(lists.flat().map(token => [token.id, token]));
  return [...places.values()].sort((a, b) => a.id - b.id).map(({ id: _, ...token }) => token);
}
