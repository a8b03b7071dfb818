import { z } from 'zod';
import { UserError } from '../../errors.js';
import { rawPart } from './parts.js';

/** Methods by the `quant_method` of their configuration, as people know them. */
const names: Readonly<Record<string, string>> = {
  awq: 'AWQ',
  gptq: 'GPTQ',
  fp8: 'FP8',
  fbgemm_fp8: 'FP8 (FBGEMM)',
  'compressed-tensors': 'compressed-tensors',
  hqq: 'HQQ',
  aqlm: 'AQLM',
};

const settings = z.looseObject({
  quant_method: z.string().nullish(),
  load_in_4bit: z.boolean().nullish(),
  load_in_8bit: z.boolean().nullish(),
});

/** Where a config.json may state how its weights were quantised; `compression_config` is compressed-tensors' older name. */
const PLACES = ['quantization_config', 'compression_config'];

/**
 * UserError, by the method's name, for a config.json whose weights are quantised; its keys may stand at the top or in the
 * decoder's or the tower's part. No method is read here: weights of four or eight bits need kernels of their own.
 */
export function refuseQuantised(raw: z.infer<typeof rawPart>, file: string): void {
  const parts: [string, unknown][] = ['text_config', 'vision_config', 'llm_config'].map(part => [
    `${part}.`,
    raw[part],
  ]);
  for (const [prefix, part] of [['', raw] as [string, unknown], ...parts]) {
    const keys = rawPart.safeParse(part);
    if (!keys.success) continue;
    for (const place of PLACES) {
      const method = methodOf(keys.data[place], place);
      if (method !== null) throw quantised(method, `${file}: ${prefix}${place}`);
    }
  }
}

function methodOf(value: unknown, place: string): string | null {
  if (value === undefined || value === null) return null;
  const known = settings.safeParse(value);
  if (!known.success) return 'an unknown method';
  const { quant_method, load_in_4bit, load_in_8bit } = known.data;
  if (load_in_4bit) return 'bitsandbytes, 4 bits';
  if (load_in_8bit) return 'bitsandbytes, 8 bits';
  if (quant_method === 'bitsandbytes' || (!quant_method && (load_in_4bit ?? load_in_8bit) === false))
    return null;
  if (!quant_method) return place === 'compression_config' ? 'compressed-tensors' : 'an unknown method';
  return names[quant_method] ?? quant_method;
}

/** What the tensors of quantised layers are called, for checkpoints whose config.json does not say so. */
const traces: readonly (readonly [RegExp, string])[] = [
  [/\.(qweight|qzeros|g_idx)$/, 'GPTQ or AWQ'],
  [/\.(SCB|absmax|nested_absmax|quant_map)$|\.quant_state\./, 'bitsandbytes'],
  [/\.(weight_packed|weight_shape|weight_zero_point)$/, 'compressed-tensors'],
  [/\.weight_scale(_inv)?$/, 'FP8 or compressed-tensors'],
];

/** UserError where a tensor's name shows that the weights are quantised. */
export function refuseQuantisedTensors(storedNames: Iterable<string>, dir: string): void {
  for (const name of storedNames) {
    const trace = traces.find(([pattern]) => pattern.test(name));
    if (trace) throw quantised(trace[1], `${dir}: tensor "${name}"`);
  }
}

const quantised = (method: string, where: string) =>
  new UserError(
    `${where}: expected weights in float32, float16 or bfloat16, found them quantised (${method}), which is not supported; use the checkpoint that was quantised`,
  );
