import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { DecodingRules } from '../decoding/rules.js';
import { parseAs, readJsonIfPresent } from './json-file.js';
import { idList, tokenIds } from './parts.js';

/** What generation_config.json says of answers. */
export interface GenerationConfig {
  /** Ids that end an answer, or null where the file leaves them to config.json. */
  readonly eosTokenIds: readonly number[] | null;
  /** Keys that would change greedy answers, with their values: `repetition_penalty 1.3`. Empty where there are none. */
  readonly setAside: readonly string[];
  /** `setAside` in one line for people, or null. */
  readonly notice: string | null;
  /** What `--generation-config` makes of them; UserError where one of the keys cannot be obeyed here. */
  rules(): DecodingRules;
}

const id = z.number().int().nonnegative();
const ids = z.array(id);
const words = z.array(ids.min(1));

/** The keys that change what is generated (transformers' `GenerationConfig`), with the values that change nothing. */
const obeyed = z.object({
  repetition_penalty: z.number().positive().nullish(),
  no_repeat_ngram_size: z.number().int().nonnegative().nullish(),
  bad_words_ids: words.nullish(),
  sequence_bias: z.array(z.tuple([ids.min(1), z.number()])).nullish(),
  min_length: z.number().int().nonnegative().nullish(),
  min_new_tokens: z.number().int().nonnegative().nullish(),
  suppress_tokens: ids.nullish(),
  begin_suppress_tokens: ids.nullish(),
  forced_eos_token_id: z.union([id, ids]).nullish(),
  exponential_decay_length_penalty: z.tuple([z.number().int(), z.number()]).nullish(),
  do_sample: z.boolean().nullish(),
  temperature: z.number().positive().nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
});
type Obeyed = z.infer<typeof obeyed>;

/** Keys that `generate` of transformers heeds and that are not had here. */
const NOT_HAD = [
  'num_beams',
  'num_beam_groups',
  'penalty_alpha',
  'dola_layers',
  'guidance_scale',
  'encoder_repetition_penalty',
  'encoder_no_repeat_ngram_size',
  'diversity_penalty',
  'constraints',
  'force_words_ids',
  'stop_strings',
  'watermarking_config',
];
/** Keys that only sampling heeds; those after `min_p` are not had here. */
const SAMPLING = ['temperature', 'top_k', 'top_p', 'min_p'] as const;
const SAMPLING_NOT_HAD = ['typical_p', 'top_h', 'epsilon_cutoff', 'eta_cutoff'];

/** Values of `key` that leave answers as they are. */
function isNeutral(key: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (Array.isArray(value)) return value.length === 0 && key !== 'exponential_decay_length_penalty';
  switch (key) {
    case 'forced_eos_token_id':
      return false;
    case 'repetition_penalty':
    case 'num_beams':
    case 'num_beam_groups':
    case 'guidance_scale':
    case 'encoder_repetition_penalty':
    case 'temperature':
    case 'top_p':
    case 'typical_p':
      return value === 1;
    default:
      return value === 0;
  }
}

/**
 * Reads generation_config.json in a checkpoint's folder; there may be none. Answers are plain greedy by protocol, so all
 * that would change them is only named, unless it is asked for. UserError when a key is malformed.
 */
export async function readGenerationConfig(dir: string): Promise<GenerationConfig> {
  const file = join(dir, 'generation_config.json');
  const raw = parseAs(z.record(z.string(), z.unknown()), (await readJsonIfPresent(file)) ?? {}, file);
  const { eos_token_id } = parseAs(z.object({ eos_token_id: tokenIds.optional() }), raw, file);
  const samples = raw.do_sample === true;
  const heeded = [
    ...Object.keys(obeyed.shape).filter(key => samples || !(SAMPLING as readonly string[]).includes(key)),
    ...NOT_HAD,
    ...(samples ? SAMPLING_NOT_HAD : []),
  ];
  const keys = heeded.filter(key => !isNeutral(key, raw[key]));
  const setAside = keys.map(key => `${key} ${shortened(raw[key])}`);
  return {
    eosTokenIds: eos_token_id === undefined || eos_token_id === null ? null : idList(eos_token_id),
    setAside,
    notice:
      setAside.length === 0
        ? null
        : `${file}: set aside, since answers are plain greedy: ${setAside.join(', ')} (--generation-config obeys them)`,
    rules: () => {
      const impossible = keys.filter(key => NOT_HAD.includes(key) || SAMPLING_NOT_HAD.includes(key));
      if (impossible.length > 0) {
        throw new UserError(
          `${file}: ${impossible.join(', ')} cannot be obeyed here; take ${impossible.length === 1 ? 'it' : 'them'} out of the file, or leave out --generation-config`,
        );
      }
      return rulesOf(parseAs(obeyed, raw, file));
    },
  };
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

function rulesOf(c: Obeyed): DecodingRules {
  return {
    repetitionPenalty: c.repetition_penalty ?? 1,
    noRepeatNgram: c.no_repeat_ngram_size ?? 0,
    badWords: c.bad_words_ids ?? [],
    sequenceBias: c.sequence_bias ?? [],
    minLength: c.min_length ?? 0,
    minNewTokens: c.min_new_tokens ?? 0,
    suppress: c.suppress_tokens ?? [],
    suppressFirst: c.begin_suppress_tokens ?? [],
    forcedLast: [c.forced_eos_token_id ?? []].flat(),
    decay: c.exponential_decay_length_penalty
      ? { start: c.exponential_decay_length_penalty[0], factor: c.exponential_decay_length_penalty[1] }
      : null,
    sampling: c.do_sample
      ? {
          temperature: c.temperature ?? 1,
          // transformers' default where a configuration samples and does not say
          topK: c.top_k ?? 50,
          topP: c.top_p ?? 1,
          minP: c.min_p ?? 0,
        }
      : null,
  };
}
